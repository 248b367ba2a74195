from __future__ import annotations

import pytest

from dcplan.profiles.library import Library, shipped
from dcplan.profiles.standby import BatteryKind, GeneratorKind

LIBRARY = Library([shipped("profiles")])


def test_the_shipped_generator_starts_as_often_as_published() -> None:
    kind = GeneratorKind.from_values(LIBRARY.load("power", "generator-diesel").values)
    # J. Marqusee, D. Jenket 2020: 0.0094 failures per start, 0.995 of the time in service
    assert kind.start_probability == pytest.approx(0.9856, abs=1e-4)
    assert kind.no_load == 0.0
    assert 10.0 <= kind.start_s <= 15.0


@pytest.mark.parametrize("name", ["battery-vrla", "battery-li-ion"])
def test_shipped_batteries_lose_on_both_ways(name: str) -> None:
    kind = BatteryKind.from_values(LIBRARY.load("power", name).values)
    assert 0.7 < kind.discharge_efficiency * kind.charge_efficiency < 0.95
    assert kind.peukert >= 1.0


def test_a_kind_needs_all_its_numbers() -> None:
    with pytest.raises(ValueError, match="need a number 'efficiency_full'"):
        GeneratorKind.from_values({"start_s": 10})
    with pytest.raises(ValueError, match="need a number 'peukert'"):
        BatteryKind.from_values({})
