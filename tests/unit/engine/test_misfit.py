"""What does not fit in a building is told at the key that says so, in the units that people write."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.engine.resolve import resolve
from dcplan.errors import ScenarioError
from dcplan.profiles.library import default_library
from dcplan.scenario.load import load

SCENARIO = Path(__file__).parents[3] / "scenarios" / "chiller_failure.yaml"
RANGE = "is outside what can be simulated"


@pytest.mark.parametrize(
    ("setting", "where", "said"),
    [
        ("cooling.chilled_water=2 degC", "cooling.chilled_water", f"2 degC {RANGE}, 4 to 60 degC"),
        ("cooling.supply_air=50 degC", "cooling.supply_air", f"50 degC {RANGE}, 5 to 45 degC"),
        ("cooling.supply_air=5 degC", "cooling.chilled_water", "chilled water of 12 degC cannot make supply air"),
        ("cooling.air_rise=1 K", "cooling.air_rise", f"1 K {RANGE}, 2 to 40 K"),
        ("cooling.condenser_water=60 degC", "cooling.condenser_water", f"60 degC {RANGE}"),
        ("cooling.liquid={share: 0.5, supply: 70 degC}", "cooling.liquid.supply", f"70 degC {RANGE}"),
        ("cooling.economiser_control={dead_band: 50 K}", "cooling.economiser_control.dead_band", f"50 K {RANGE}"),
        ("cooling.heat_reuse={demand: 1 W, needs: 95 degC}", "cooling.heat_reuse.needs", f"95 degC {RANGE}"),
        ("lighting=1 GW", "it_capacity", f"chiller capacity of 1.05627e+09 W {RANGE}"),
        ("power.ups.rating=1 W", "power.ups.rating", f"0.5 W {RANGE}, 1 to 1e+09 W"),
        ("power.utility.limit=0.1 W", "power.utility.limit", f"0.1 W {RANGE}, at least 1 W"),
        ("power.ups.battery={ride_through: 2 days}", "power.ups.battery.ride_through", f"172800 s {RANGE}"),
        ("power.supplies.rating=0.1 W", "power.supplies.rating", f"0.1 W {RANGE}"),
        ("cooling.chiller=dx-crac", "cooling.chiller", "profile 'dx-crac' does not describe a chiller"),
        ("cooling.chiller=york-ycal0033", "cooling.chiller", "condenser is cooled by water, and this one's is not"),
        ("cooling.tower=trane-cvhe-1442", "cooling.tower", "profile 'trane-cvhe-1442' does not describe a cooling"),
        ("power.ups.model=trane-cvhe-1442", "power.ups.model", "there is no power profile 'trane-cvhe-1442'"),
        ("power.ups.model=generator-diesel", "power.ups.model", "'generator-diesel' does not describe a UPS"),
        ("power.transformer.model=psu-gold", "power.transformer.model", "does not describe a transformer"),
        ("power.supplies.model=ups-legacy", "power.supplies.model", "does not describe a power supply"),
        (
            "power.generators={rating: 100 kW, model: battery-vrla}",
            "power.generators.model",
            "'battery-vrla' does not describe a generator",
        ),
        (
            "power.ups.eco={share: 0.5, model: ups-legacy}",
            "power.ups.eco.model",
            "does not describe the eco mode of a UPS",
        ),
    ],
)
def test_a_problem_is_told_once_at_its_key(setting: str, where: str, said: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        resolve(load(SCENARIO, [f"facility.{setting}"]), default_library())
    (problem,) = raised.value.problems
    assert problem.path == f"facility.{where}"
    assert said in problem.message


def test_a_key_of_the_file_is_told_with_its_own_line(tmp_path: Path) -> None:
    text = SCENARIO.read_text().replace("chilled_water: 12 degC", "chilled_water: 2 degC")
    path = tmp_path / "cold.yaml"
    path.write_text(text)
    line = next(number for number, row in enumerate(text.splitlines(), start=1) if "chilled_water: 2 degC" in row)
    with pytest.raises(ScenarioError) as raised:
        resolve(load(path), default_library())
    assert [problem.line for problem in raised.value.problems] == [line]
