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
from dcplan.facility.outage import ALL_IN_SERVICE, OutOfService
from dcplan.facility.psu import supply
from dcplan.facility.pump import circulate
from dcplan.facility.rejection import reject
from dcplan.facility.result import FacilityResult
from dcplan.facility.room import move_air, return_air_c
from dcplan.signals.weather import Weather


def simulate(
    it_w: FloatArray, weather: Weather, design: FacilityDesign, out: OutOfService = ALL_IN_SERVICE
) -> FacilityResult:
    """Simulate n time steps of the building.

    Args:
        it_w: Power at the servers' AC inlets [W], shape [n], >= 0.
        weather: Outdoor air, arrays of shape [n] or one value for all steps.
        design: The building.
        out: What is out of service; `cooling_shortfall_w` is what the rest cannot remove.

    Returns: one array of shape [n] per quantity. Each step is independent of the others.
    """
    server_w = _checked(it_w)
    air = _on_grid(weather, server_w.shape)
    room, loop = design.room, design.chilled_water

    psu = supply(server_w, design.power.psu)
    fed = feed(server_w, design.power)
    moved = move_air(server_w, air.pressure_pa, room, out.room_units)
    lighting_w = np.full(server_w.shape, design.lighting_w)
    room_heat_w = server_w + fed.pdu_loss_w + fed.ups_loss_w + moved.fan_w + lighting_w

    carried_w = np.where(out.chilled_water_pumps, 0.0, room_heat_w * moved.served)
    chilled = circulate(carried_w, loop.rise_k, loop.pump)
    load_w = carried_w + chilled.power_w
    rise_k = load_w / (np.maximum(chilled.flow_kg_s, 1e-12) * WATER_HEAT_CAPACITY_J_KG_K)
    plant = reject(load_w, loop.supply_c, loop.supply_c + rise_k, air, design.rejection, out)
    mechanical_w = moved.fan_w + chilled.power_w + plant.chiller.power_w + plant.pump.power_w + plant.fan_w
    metered = meter(fed.input_w + mechanical_w + lighting_w, design.power)
    warmer_k = plant.supply_c - loop.supply_c

    return FacilityResult(
        server_w=server_w,
        psu_loss_w=psu.loss_w,
        pdu_loss_w=fed.pdu_loss_w,
        ups_loss_w=fed.ups_loss_w,
        transformer_loss_w=metered.transformer_loss_w,
        crah_fan_w=moved.fan_w,
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
        cooling_shortfall_w=plant.shortfall_w + (room_heat_w - carried_w),
        evaporation_kg_s=plant.water.evaporation_kg_s,
        drift_kg_s=plant.water.drift_kg_s,
        blowdown_kg_s=plant.water.blowdown_kg_s,
        economiser_fraction=plant.economiser_share,
        chillers_running=plant.chiller.running,
        server_inlet_c=room.server_inlet_c + warmer_k,
        return_air_c=return_air_c(room_heat_w, moved.flow_kg_s, room) + warmer_k,
        chilled_water_return_c=plant.supply_c + rise_k,
        tower_water_c=plant.tower_c,
        condenser_water_c=plant.condenser_c,
        economiser_supply_c=plant.supply_c + (1.0 - plant.economiser_share) * rise_k,
        crah_flow_kg_s=moved.flow_kg_s,
        psu_extrapolated=psu.extrapolated,
        chiller_extrapolated=plant.chiller.extrapolated,
        tower_extrapolated=plant.extrapolated,
        psu_overload=psu.overload,
        pdu_overload=fed.pdu_overload,
        ups_overload=fed.ups_overload,
        ups_redundancy_lost=fed.ups_redundancy_lost,
        transformer_overload=metered.transformer_overload,
        utility_exceeded=metered.utility_exceeded,
        airflow_exceeded=moved.exceeded,
        water_flow_exceeded=chilled.exceeded | plant.pump.exceeded,
        chiller_redundancy_lost=plant.chiller.redundancy_lost,
    )


def _on_grid(weather: Weather, shape: tuple[int, ...]) -> Weather:
    """*weather* with one value per time step."""
    columns = (weather.dry_bulb_c, weather.wet_bulb_c, weather.pressure_pa)
    if all(np.shape(column) == shape for column in columns):
        return weather
    return Weather(*(np.broadcast_to(column, shape) for column in columns))


def _checked(it_w: FloatArray) -> FloatArray:
    server_w = np.atleast_1d(np.asarray(it_w, dtype=np.float64))
    if not (server_w.ndim == 1 and server_w.size and np.all((server_w >= 0.0) & np.isfinite(server_w))):
        raise ValueError("it_w must be one row of finite powers that are not negative, at least one")
    return server_w
