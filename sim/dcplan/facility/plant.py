"""The one way in: what the whole building draws, rejects and evaporates for a given IT load and weather.

Quasi-steady and straight through, all time steps at once: servers -> power chain -> room heat -> chilled
water -> economiser and chillers -> tower -> meter. Room heat does not depend on chiller power, so nothing
loops except condenser water temperature (see `rejection`). Heat storage, start-up and dead times are not here.
"""

from __future__ import annotations

import numpy as np

from dcplan.facility.chain import feed, meter
from dcplan.facility.design import FacilityDesign
from dcplan.facility.domain import FloatArray
from dcplan.facility.fluids import WATER_HEAT_CAPACITY_J_KG_K
from dcplan.facility.psu import supply
from dcplan.facility.pump import circulate
from dcplan.facility.rejection import reject
from dcplan.facility.result import FacilityResult
from dcplan.facility.room import move_air, return_air_c
from dcplan.signals.weather import Weather


def simulate(it_w: FloatArray, weather: Weather, design: FacilityDesign) -> FacilityResult:
    """Simulate n time steps of the building.

    Args:
        it_w: Power at the servers' AC inlets [W], shape [n], >= 0.
        weather: Outdoor air, arrays of shape [n] or one value for all steps.
        design: The building.

    Returns: one array of shape [n] per quantity. Each step is independent of the others.
    """
    server_w = _checked(it_w)
    wet_bulb_c = np.broadcast_to(weather.wet_bulb_c, server_w.shape)
    pressure_pa = np.broadcast_to(weather.pressure_pa, server_w.shape)
    room, loop = design.room, design.chilled_water

    psu = supply(server_w, design.power.psu)
    fed = feed(server_w, design.power)
    air = move_air(server_w, pressure_pa, room)
    lighting_w = np.full(server_w.shape, design.lighting_w)
    room_heat_w = server_w + fed.pdu_loss_w + fed.ups_loss_w + air.fan_w + lighting_w

    chilled = circulate(room_heat_w, loop.rise_k, loop.pump)
    load_w = room_heat_w + chilled.power_w
    rise_k = load_w / (np.maximum(chilled.flow_kg_s, 1e-12) * WATER_HEAT_CAPACITY_J_KG_K)
    return_c = loop.supply_c + rise_k
    plant = reject(load_w, loop.supply_c, return_c, wet_bulb_c, design.rejection)
    mechanical_w = air.fan_w + chilled.power_w + plant.chiller.power_w + plant.pump.power_w + plant.fan_w
    metered = meter(fed.input_w + mechanical_w + lighting_w, design.power)

    return FacilityResult(
        server_w=server_w,
        psu_loss_w=psu.loss_w,
        pdu_loss_w=fed.pdu_loss_w,
        ups_loss_w=fed.ups_loss_w,
        transformer_loss_w=metered.transformer_loss_w,
        switchgear_loss_w=metered.switchgear_loss_w,
        generator_heater_w=metered.generator_heater_w,
        crah_fan_w=air.fan_w,
        chilled_water_pump_w=chilled.power_w,
        chiller_w=plant.chiller.power_w,
        condenser_pump_w=plant.pump.power_w,
        tower_fan_w=plant.fan_w,
        lighting_w=lighting_w,
        facility_w=metered.facility_w,
        room_heat_w=room_heat_w,
        evaporator_heat_w=plant.chiller.heat_w,
        economiser_heat_w=plant.economiser_w,
        heat_rejected_w=plant.rejected_w,
        cooling_shortfall_w=plant.chiller.shortfall_w,
        evaporation_kg_s=plant.water.evaporation_kg_s,
        drift_kg_s=plant.water.drift_kg_s,
        blowdown_kg_s=plant.water.blowdown_kg_s,
        economiser_fraction=plant.economiser_share,
        chillers_running=plant.chiller.running,
        server_inlet_c=np.full(server_w.shape, room.server_inlet_c),
        return_air_c=return_air_c(room_heat_w, air.flow_kg_s, room),
        chilled_water_return_c=return_c,
        tower_water_c=plant.tower_c,
        condenser_water_c=plant.condenser_c,
        economiser_supply_c=return_c - plant.economiser_share * rise_k,
        crah_flow_kg_s=air.flow_kg_s,
        psu_extrapolated=psu.extrapolated,
        chiller_extrapolated=plant.chiller.extrapolated,
        tower_extrapolated=plant.extrapolated,
        psu_overload=psu.overload,
        hall_exceeded=fed.hall_exceeded,
        pdu_overload=fed.pdu_overload,
        ups_overload=fed.ups_overload,
        ups_redundancy_lost=fed.ups_redundancy_lost,
        transformer_overload=metered.transformer_overload,
        utility_exceeded=metered.utility_exceeded,
        airflow_exceeded=air.exceeded,
        water_flow_exceeded=chilled.exceeded | plant.pump.exceeded,
        chiller_redundancy_lost=plant.chiller.redundancy_lost,
    )


def _checked(it_w: FloatArray) -> FloatArray:
    server_w = np.atleast_1d(np.asarray(it_w, dtype=np.float64))
    if not (server_w.ndim == 1 and server_w.size and np.all((server_w >= 0.0) & np.isfinite(server_w))):
        raise ValueError("it_w must be one row of finite powers that are not negative, at least one")
    return server_w
