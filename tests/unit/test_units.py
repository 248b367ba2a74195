from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan import units


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("350 kW", "W", 350_000.0),
        ("350kW", "W", 350_000.0),
        ("350\u00a0kW", "W", 350_000.0),
        ("  2 ms ", "s", 0.002),
        ("7 days", "s", 604_800.0),
        ("1 week", "s", 604_800.0),
        ("1 h", "s", 3600.0),
        ("60 /s", "1/s", 60.0),
        ("60 1/s", "1/s", 60.0),
        ("60 requests/s", "1/s", 60.0),
        ("3600 / h", "1/s", 1.0),
        ("60 Hz", "1/s", 60.0),
        ("5 kWh", "J", 1.8e7),
        ("5 kW h", "J", 1.8e7),
        ("0.08 USD/kWh", "USD/J", 0.08 / 3.6e6),
        ("24 degC", "degC", 24.0),
        ("24 °C", "degC", 24.0),
        ("212 degF", "degC", 100.0),
        ("273.15 K", "degC", 0.0),
        ("12 K", "K", 12.0),
        ("12 delta_degC", "K", 12.0),
        ("1 bar", "Pa", 1e5),
        ("9_000 USD", "USD", 9000.0),
        ("9,000 USD", "USD", 9000.0),
        ("1e3 s", "s", 1000.0),
        (".5 s", "s", 0.5),
        ("+1 s", "s", 1.0),
        ("-10 degC", "degC", -10.0),
    ],
)
def test_text_with_a_unit_becomes_si(text: str, unit: str, expected: float) -> None:
    assert units.parse(text, unit) == pytest.approx(expected, rel=1e-13, abs=1e-10)


@pytest.mark.parametrize("unit", ["W", "s", "J", "degC", "K", "1/s", "Pa", "USD", "USD/W"])
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_the_wanted_unit_is_read_exactly(unit: str, number: float) -> None:
    assert units.parse(f"{number!r} {unit.replace('1/s', '/s')}", unit) == number


@pytest.mark.parametrize("text", ["350", "3.5", "1e3", "-1", " 7 "])
def test_a_bare_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a bare number has no unit; write e.g. '350 kW'"):
        units.parse(text, "W")


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("5 s", "W", "'s' is not a unit of power; write e.g. '350 kW'"),
        ("5 kW", "s", "'kW' is not a unit of time"),
        ("5 m", "s", "'m' is not a unit of time"),
        ("5 W", "J", "'W' is not a unit of energy"),
        ("5 degC", "K", "'degC' is not a unit of temperature difference; write e.g. '12 K'"),
        ("5 degF", "K", "is not a unit of temperature difference"),
        ("5 degC", "1/s", "is not a unit of rate"),
        ("5 EUR", "USD", "'EUR' is not a unit of money"),
        ("5 W", "Pa", "is not a unit of pressure"),
        ("5 W", "kg", "'W' is not a unit of kg; write e.g. '1 kg'"),
        ("5 parsnips", "s", "'parsnips' is not a unit of time"),
    ],
)
def test_a_unit_of_another_dimension_is_refused(text: str, unit: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        units.parse(text, unit)


@pytest.mark.parametrize(
    "text", ["", "s", "/s", "--1 s", "1 h 30 min", "2,5 s", "nan s", "inf s", "1/2 s", "(1 s)", "٣ x"]
)
def test_what_is_no_number_with_a_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write e.g. '2 ms'"):
        units.parse(text, "s")


@pytest.mark.parametrize("text", ["1e999 s", f"{'9' * 400} s", "1e308 days"])
def test_a_number_that_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not (a )?finite"):
        units.parse(text, "s")


@pytest.mark.parametrize(
    "written", ["9**9**9**9 s", "h" * 100_000, "s*" * 50_000 + "s", "__import__('os')", "((((((", "s⁹⁹⁹⁹⁹⁹⁹", "s**99"]
)
def test_a_unit_is_read_and_never_calculated(written: str) -> None:
    with pytest.raises(ValueError, match=r"write e.g. '2 ms'"):
        units.parse(f"2 {written}", "s")


@given(st.text(max_size=40), st.sampled_from(["W", "s", "K", "degC", "1/s", "USD"]))
def test_any_text_is_a_finite_number_or_a_sentence(text: str, unit: str) -> None:
    try:
        assert math.isfinite(units.parse(text, unit))
    except ValueError as error:
        assert "write e.g." in str(error)  # noqa: PT017 (either outcome is right)


@pytest.mark.parametrize("unit", units.EXAMPLES)
def test_every_example_in_a_message_is_valid(unit: str) -> None:
    assert units.parse(units.EXAMPLES[unit], unit) > 0


def test_a_long_text_is_shortened_in_a_message() -> None:
    assert units.shorten("x" * 1000) == "'" + "x" * 35 + "...'"
    assert units.shorten("a b") == "'a b'"
