"""Numbers as text."""

from __future__ import annotations

import math

import pytest

from dcplan.report.numbers import (
    NOTHING,
    between,
    digits,
    dollars,
    given,
    kpi_interval,
    kpi_value,
    percent,
    quantity,
    scale,
    span,
)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0000321, "s", "32.1 µs"),
        (0.0123, "s", "12.3 ms"),
        (1.0, "s", "1.00 s"),
        (600.0, "s", "10.0 min"),
        (9000.0, "s", "2.50 h"),
        (0.4, "kWh", "400 Wh"),
        (439.9, "kWh", "440 kWh"),
        (43_990.0, "kWh", "44.0 MWh"),
        (2.5e6, "kWh", "2.50 GWh"),
        (0.3, "kW", "300 W"),
        (23_000.0, "kW", "23.0 MW"),
        (0.745, "m3", "745 L"),
        (119.0, "kg", "119 kg"),
        (25_000.0, "kg", "25.0 t"),
        (18_040_878.4, "requests", "18,040,878 requests"),
        (3.0, "jobs", "3 jobs"),
        (0.0, "s", "0 s"),
        (1.47, "-", "1.47"),
        (-0.5, "kWh", "-500 Wh"),
    ],
)
def test_a_quantity_is_shown_in_the_unit_that_reads_best(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_no_number_has_no_value(value: float | None) -> None:
    assert quantity(value, "s") == NOTHING
    assert percent(value) == NOTHING
    assert dollars(value) == NOTHING


def test_whole_numbers_are_never_cut() -> None:
    assert digits(123_456.7) == "123,457"


def test_very_small_and_very_large_numbers_are_written_with_a_power_of_ten() -> None:
    assert digits(1.234e-9) == "1.23e-09"
    assert digits(1.234e18) == "1.23e+18"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0025, "0.25 %"),
        (0.5, "50 %"),
        (0.995, "99.50 %"),
        (0.993887, "99.39 %"),
        (0.9999996, "99.999960 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_just_below_the_whole_is_not_rounded_to_it(share: float, text: str) -> None:
    assert percent(share) == text


def test_money_has_cents_where_they_matter() -> None:
    assert [dollars(usd) for usd in (0.0, 0.011, 4.5, -4.5, 708.107, 1_234_567.8)] == [
        "$0.00",
        "$0.0110",
        "$4.50",
        "-$4.50",
        "$708.11",
        "$1,234,568",
    ]


def test_a_promise_is_shown_as_it_was_written() -> None:
    assert [given(value, "s") for value in (0.1, 0.0025, 10.0, 90.0)] == ["100 ms", "2.5 ms", "10 s", "90 s"]


def test_a_span_is_shown_in_two_units() -> None:
    assert [span(s) for s in (0.5, 300.0, 86_400.0, 601_200.0, 31_536_000.0)] == [
        "500 ms",
        "5 min",
        "1 day",
        "6 days 23 h",
        "365 days",
    ]


def test_an_interval_shows_the_digits_that_tell_its_ends_apart() -> None:
    assert between(1.470028, 1.470058) == "1.470028 to 1.470058"
    assert between(100.0, 300.0, "ms") == "100 to 300 ms"
    assert between(5.0, 5.0, "h") == "5.00 h in every replication"


def test_an_interval_has_the_unit_of_its_value() -> None:
    kpi = {"value": 0.9, "unit": "s", "low": 0.8, "high": 1.1}
    assert kpi_value("latency_p99_s", kpi) == "900 ms"
    assert kpi_interval("latency_p99_s", kpi) == "800 to 1,100 ms"


def test_shares_are_read_in_per_cent_and_ratios_are_not() -> None:
    kpi = {"value": 0.55, "unit": "-", "low": 0.54, "high": 0.56}
    assert kpi_value("endpoints.vision.utilisation", kpi) == "55.0 %"
    assert kpi_interval("endpoints.vision.utilisation", kpi) == "54.0 to 56.0 %"
    assert kpi_value("pue", kpi | {"value": 1.47}) == "1.47"


def test_money_has_an_interval_in_money() -> None:
    kpi = {"value": 708.1, "unit": "USD", "low": 708.0997, "high": 708.1148}
    assert kpi_interval("cost_total_usd", kpi) == "$708.10 to $708.11"
    assert kpi_interval("cost_total_usd", kpi | {"low": 708.0, "high": 708.0}) == "$708.00 in every replication"
    assert kpi_interval("cost", kpi | {"value": 0.011, "low": 0.0109, "high": 0.0111}) == "$0.01090 to $0.01110"


def test_without_replications_there_is_no_interval() -> None:
    assert kpi_interval("pue", {"value": 1.4, "unit": "-", "low": None, "high": None}) == ""


def test_an_unknown_unit_is_kept() -> None:
    assert scale(12.0, "furlongs").text(12.0) == "12.0 furlongs"


def test_the_interval_of_a_share_ends_at_the_whole() -> None:
    kpi = {"value": 0.98, "unit": "-", "low": 0.95, "high": 1.01}
    assert kpi_interval("endpoints.vision.slo_attainment", kpi) == "95.0 to 100.0 %"
