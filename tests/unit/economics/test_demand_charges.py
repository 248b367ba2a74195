from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

import bills
from dcplan.profiles.charges import Blocks, Coincident, NamedHour, PowerFactor, Ratchet, Rider

JANUARY = datetime(2025, 1, 1)
MONTH = [10.0] * 8 + [20.0] * 12 + [10.0] * 724
"""Power of each hour of January [kW]: 20 kW by day on the first, a Wednesday, else 10 kW."""


def items(of_the_site: float | None = None, /, **changes: object) -> dict[str, float]:
    return bills.items(bills.tariff(**changes), JANUARY, MONTH, power_factor=of_the_site)


def test_demand_may_have_blocks() -> None:
    flat = Blocks(np.array([15.0, np.inf]), np.array([2.0, 3.0]))
    by_period = (Blocks(np.array([np.inf]), np.array([1.0])), Blocks(np.array([12.0, np.inf]), np.array([4.0, 1.0])))
    found = items(flat_demand_blocks=flat, demand_blocks=by_period)
    assert found["demand, any hour"] == pytest.approx(15 * 2 + 5 * 3)
    assert found["demand, off"] == pytest.approx(10 * 1)
    assert found["demand, on"] == pytest.approx(12 * 4 + 8 * 1)


def test_a_ratchet_holds_for_demand_at_any_hour_alone() -> None:
    found = items(ratchet=Ratchet(0.9, highest_kw_before=100.0))
    assert found["demand, any hour"] == pytest.approx(90 * 5)
    assert found["demand, on"] == pytest.approx(20 * 8)


def test_demand_in_kva_is_kw_over_the_power_factor() -> None:
    found = items(0.8, power_factor=PowerFactor(kva=True))
    assert found["demand, any hour"] == pytest.approx(25 * 5)
    assert found["demand, on"] == pytest.approx(25 * 8)
    (line,) = (
        each
        for each in bills.lines(bills.tariff(power_factor=PowerFactor(kva=True)), JANUARY, MONTH, power_factor=0.8)
        if each.item == "demand, on"
    )
    assert (line.quantity, line.unit) == (25.0, "kVA")


@pytest.mark.parametrize(("of_the_site", "factor"), [(0.72, 1.25), (0.9, 1.0), (1.0, 1.0)])
def test_demand_is_raised_under_a_stated_power_factor(of_the_site: float, factor: float) -> None:
    found = items(of_the_site, power_factor=PowerFactor(reference=0.9, raises_demand=True))
    assert found["demand, any hour"] == pytest.approx(factor * 20 * 5)


def test_reactive_energy_and_demand_beyond_the_reference_are_charged() -> None:
    found = items(0.6, power_factor=PowerFactor(reference=0.8, usd_per_kvarh=0.01, usd_per_kvar=2.0))
    excess = 0.8 / 0.6 - 0.6 / 0.8
    assert found["reactive energy"] == pytest.approx(excess * sum(MONTH) * 0.01)
    assert found["reactive demand"] == pytest.approx(excess * 20 * 2.0)
    fine = items(0.8, power_factor=PowerFactor(reference=0.8, usd_per_kvarh=0.01, usd_per_kvar=2.0))
    assert fine["reactive energy"] == fine["reactive demand"] == pytest.approx(0.0, abs=1e-9)


def test_each_point_under_the_reference_may_cost_by_the_kwh() -> None:
    found = items(0.8, power_factor=PowerFactor(reference=0.85, usd_per_kwh_per_point=5e-5))
    assert found["power factor"] == pytest.approx(5 * 5e-5 * sum(MONTH))


def test_reactive_power_that_nobody_stated_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="needs the power factor of the site"):
        items(power_factor=PowerFactor(kva=True))


def test_the_systems_peak_hours_are_charged_every_month() -> None:
    charge = Coincident("4CP", 6.0, (NamedHour(2025, 1, 1, 9), NamedHour(2025, 1, 2, 9)))
    assert items(coincident=(charge,))["demand, 4CP"] == pytest.approx(15 * 6)


def test_a_rider_may_be_on_billed_demand() -> None:
    rider = Rider("transmission", "demand", usd_per_kw=3.0)
    found = items(ratchet=Ratchet(1.0, highest_kw_before=40.0), riders=(rider,))
    assert found["transmission"] == pytest.approx(40 * 3)
