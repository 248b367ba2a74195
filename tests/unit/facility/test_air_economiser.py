from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cooling_kinds import AIR, WINDOW, airside, chilled_water, indirect
from dcplan.facility.air_economiser import AirsideDesign, FreeCooling, RoomAir, free_cool
from dcplan.facility.sizing import size_indirect
from dcplan.signals import moist_air
from dcplan.signals.weather import Weather

ROOM = chilled_water().room


def room(n: int) -> RoomAir:
    """A room that returns its air 12 K above 24 degC."""
    flow_kg_s = 60.0
    return RoomAir(np.full(n, flow_kg_s * 1006.0 * 12.0), np.full(n, flow_kg_s), 24.0, 24.0)


def weather(dry_bulb_c: list[float], relative: float = 0.5) -> Weather:
    dry = np.array(dry_bulb_c)
    ratio = moist_air.humidity_ratio_kg_kg(dry, relative, 101325.0)
    return Weather(dry, moist_air.wet_bulb_c(dry, ratio, 101325.0), np.full(dry.shape, 101325.0))


def run(dry_bulb_c: list[float], relative: float = 0.5, compressors: bool = True, **changes: object) -> FreeCooling:
    design = airside(pads=bool(changes.pop("pads", False))).air_economiser
    assert isinstance(design, AirsideDesign)
    design = replace(design, **changes)  # type: ignore[arg-type]
    return free_cool(room(len(dry_bulb_c)), weather(dry_bulb_c, relative), design, compressors)


def test_cold_air_carries_all_warm_air_a_part_and_hot_air_nothing() -> None:
    found = run([10.0, 24.0, 27.0, 36.5], 0.4)
    assert found.share.tolist()[:2] == [1.0, 1.0]
    assert found.share[2] == pytest.approx((36.0 - 27.0) / 12.0)
    assert found.share[3] == 0.0
    assert found.duty.rejected_w == pytest.approx(found.share * room(4).heat_w)


def test_fans_move_as_much_outdoor_air_as_the_mixture_needs() -> None:
    fan_w = run([-0.0, 12.0, 24.0], 0.5).duty.economiser_fan_w
    assert fan_w[1] / fan_w[2] == pytest.approx((12.0 / 24.0) ** 3, rel=0.2)  # half the air, a bit denser
    assert fan_w[0] < fan_w[1]


@pytest.mark.parametrize(("dry_bulb_c", "relative"), [(24.0, 0.95), (26.0, 0.9)])
def test_humid_air_is_kept_out(dry_bulb_c: float, relative: float) -> None:
    found = run([dry_bulb_c], relative)
    assert not found.outdoor[0]
    assert found.share[0] == 0.0
    assert run([dry_bulb_c], relative, compressors=False).share[0] == 1.0  # nothing else is there


def test_dry_air_is_kept_out_or_moistened() -> None:
    assert not run([-12.0], 0.3, humidifier="none").outdoor[0]
    steam, spray = (run([-12.0], 0.3, humidifier=kind) for kind in ("steam", "adiabatic"))
    assert steam.outdoor[0]
    low, _ = WINDOW.humidity_limits_kg_kg(24.0, np.array([101325.0]))
    assert steam.humidity_ratio_kg_kg == pytest.approx(low)
    kg_s = steam.duty.evaporation_kg_s[0]
    assert steam.duty.humidification_w[0] == pytest.approx(0.75 * 3.6e6 * kg_s)  # 0.75 kWh/kg
    assert spray.duty.evaporation_kg_s[0] == pytest.approx(kg_s)
    assert spray.duty.humidification_w[0] < 0.01 * steam.duty.humidification_w[0]


def test_pads_cool_dry_heat_to_the_supply_and_no_further_than_the_window() -> None:
    desert, tropics = run([34.0], 0.15, pads=True), run([34.0], 0.48, pads=True)
    assert desert.share[0] == 1.0
    assert desert.duty.evaporation_kg_s[0] > 0.0
    assert desert.duty.blowdown_kg_s == pytest.approx(desert.duty.evaporation_kg_s / (AIR.cycles_of_concentration - 1))
    assert run([34.0], 0.15).share[0] == pytest.approx(2.0 / 12.0)
    assert tropics.share[0] <= run([34.0], 0.15).share[0]
    _, high = WINDOW.humidity_limits_kg_kg(24.0, np.array([101325.0]))
    assert desert.humidity_ratio_kg_kg[0] <= high[0]


def test_a_dead_band_remembers() -> None:
    course = [37.0, 34.8, 35.3, 35.7, 35.3]  # gains -1, 1.2, 0.7, 0.3, 0.7 K
    assert run(course, 0.2).outdoor.tolist() == [False, True, True, False, False]
    assert run(course, 0.2, dead_band_k=0.0).outdoor.tolist() == [False, True, False, False, False]


def test_without_compressors_the_supply_is_as_warm_as_the_weather() -> None:
    found = run([10.0, 30.0], 0.3, compressors=False)
    assert found.supply_c.tolist() == [24.0, 30.0]
    assert found.share.tolist() == [1.0, 1.0]


def test_the_exchanger_stays_dry_while_that_is_enough_and_keeps_outdoor_air_out() -> None:
    design = indirect().air_economiser
    assert design is not None
    found = free_cool(room(4), weather([10.0, 22.0, 30.0, 45.0], 0.4), design, compressors=True)
    assert not found.outdoor.any()
    assert found.duty.evaporation_kg_s[0] == 0.0 < found.duty.evaporation_kg_s[1]
    assert found.share[0] == 1.0
    assert found.share[1] == pytest.approx(1.0)
    assert 0.0 < found.share[2] < 1.0
    assert found.duty.economiser_fan_w[0] < found.duty.economiser_fan_w[2]


def test_an_exhaust_fan_follows_the_cube_law() -> None:
    fans = size_indirect(ROOM, AIR).exhaust
    full_w = fans.airflow_m3_s * 150.0 / 0.6
    assert fans.power_w(np.array([1.0, 0.5])) == pytest.approx([full_w, full_w / 8.0])
