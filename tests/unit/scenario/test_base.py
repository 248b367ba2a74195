from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dcplan.scenario.base import YEARS, Count, Duration, Fraction, Name, Power, Pressure, Rate, Spec, Temperature


class Part(Spec):
    """A part."""

    power: Power
    """How much."""
    delay: Duration = "5 ms"  # type: ignore[assignment]


def refused(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    return str(raised.value.errors()[0]["msg"])


def test_a_spec_reads_numbers_with_units() -> None:
    assert Part.model_validate({"power": "2 kW"}).power == 2000.0


def test_a_default_is_read_like_the_text_of_a_scenario() -> None:
    assert Part.model_validate({"power": "2 kW"}).delay == 0.005


def test_a_spec_is_frozen() -> None:
    part = Part.model_validate({"power": "2 kW"})
    with pytest.raises(ValidationError, match=r"frozen"):
        part.power = 3.0  # type: ignore[misc]


def test_a_spec_refuses_keys_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match=r"Extra inputs"):
        Part.model_validate({"power": "2 kW", "powerr": "2 kW"})


def test_the_text_under_a_field_describes_it() -> None:
    assert Part.model_fields["power"].description == "How much."


def test_what_is_written_is_read_back_exactly() -> None:
    part = Part.model_validate({"power": "0.1 kW", "delay": "3.3 us"})
    assert Part.model_validate(part.model_dump(mode="json")) == part


@pytest.mark.parametrize("number", [5, 5.0, 0])
def test_a_bare_number_is_refused(number: float) -> None:
    assert refused(Power, number) == "a bare number has no unit; write e.g. '350 kW'"


@pytest.mark.parametrize("value", [True, None, [], {}])
def test_what_is_neither_text_nor_number_is_refused(value: object) -> None:
    assert refused(Power, value) == "expected a number with a unit, e.g. '350 kW'"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Power, "0 W"),
        (Power, "-1 W"),
        (Power, "2e12 W"),
        (Duration, "-1 s"),
        (Duration, f"{YEARS + 1} s"),
        (Rate, "-1 /s"),
        (Temperature, "-61 degC"),
        (Temperature, "101 degC"),
        (Pressure, "0 Pa"),
        (Fraction, -0.1),
        (Fraction, 1.1),
        (Count, 0),
        (Count, 1.0),
        (Count, True),
        (Count, 1_000_001),
    ],
)
def test_numbers_outside_their_range_are_refused(kind: Any, value: object) -> None:
    assert refused(kind, value)


@pytest.mark.parametrize("name", ["a", "vision-2", "Ünïcode", "<script>", "[key]"])
def test_a_name_may_be_any_word(name: str) -> None:
    assert TypeAdapter(Name).validate_python(name) == name


@pytest.mark.parametrize("name", ["", "a.b", "a b", "a/b", "a\\b", "a\n", "x" * 65])
def test_a_name_from_which_no_path_can_be_made_is_refused(name: str) -> None:
    assert refused(Name, name)
