"""The one way in: what the whole building draws, rejects and evaporates for a given IT load and weather.

Quasi-steady and straight through, all time steps at once:

    servers -> power chain -> meter
       |  coolant (share) -> CDU -> facility water -> plant, or chilled water
       v
    room air -> outdoor air as far as the economiser takes it -> direct expansion, or chilled water -> plant

Each piece tells its `Duty`, and the duties add up. Room heat does not depend on chiller power, so nothing
loops except condenser water temperature (see `rejection`). Heat storage, start-up and dead times are not here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.air_economiser import FreeCooling, RoomAir, free_cool
from dcplan.facility.chain import feed, meter
from dcplan.facility.design import FacilityDesign
from dcplan.facility.domain import FloatArray
from dcplan.facility.duty import Duty, together
from dcplan.facility.dx import expand
from dcplan.facility.liquid import LiquidState, coolant_c, take_heat
from dcplan.facility.loop import LoopState, run_loop
from dcplan.facility.outage import ALL_IN_SERVICE, OutOfService
from dcplan.facility.psu import supply
from dcplan.facility.result import FacilityResult
from dcplan.facility.room import move_air, return_air_c
from dcplan.signals import moist_air
from dcplan.signals.weather import Weather


def simulate(
    it_w: FloatArray,
    weather: Weather,
    design: FacilityDesign,
    out: OutOfService = ALL_IN_SERVICE,
    charging_w: FloatArray | float = 0.0,
) -> FacilityResult:
    """Simulate n time steps of the building.

    Args:
        it_w: Power at the servers' AC inlets [W], shape [n], >= 0.
        weather: Outdoor air, arrays of shape [n] or one value for all steps.
        design: The building.
        out: What is out of service; `cooling_shortfall_w` is what the rest cannot remove.
        charging_w: What the batteries of the UPS draw to be charged [W]; the little heat of that is left out.

    Returns: one array of shape [n] per quantity. Each step is independent of the others, unless an economiser has
    a dead band or stays on for some steps.
    """
    server_w = _checked(it_w)
    shape = server_w.shape
    air = _on_grid(weather, shape)
    psu = supply(server_w, design.power.psu)
    fed = feed(server_w, design.power)
    lighting_w = np.full(shape, design.lighting_w)

    liquid = _liquid(server_w, design, out)
    in_air_w = server_w if liquid is None else server_w - liquid.heat_w
    moved = move_air(in_air_w, air.pressure_pa, design.room, out.room_units)
    room_heat_w = in_air_w + fed.pdu_loss_w + fed.ups_loss_w + moved.fan_w + lighting_w
    cooled = _cool(room_heat_w, room_heat_w * moved.served, moved.flow_kg_s, liquid, air, design, out)
    duty = together(cooled.duties, shape)
    mechanical_w = (
        moved.fan_w
        + duty.loop_pump_w
        + duty.compressor_w
        + duty.condenser_pump_w
        + duty.rejection_fan_w
        + duty.liquid_pump_w
        + duty.economiser_fan_w
        + duty.humidification_w
        + duty.heat_pump_w
    )
    metered = meter(fed.input_w + mechanical_w + lighting_w + charging_w, design.power)
    inlet_c = design.room.server_inlet_c + cooled.warmer_k
    inlet_kg_kg = _inlet_kg_kg(cooled, air, design)
    loop = _shown(cooled, air)

    return FacilityResult(
        server_w=server_w,
        psu_loss_w=psu.loss_w,
        pdu_loss_w=fed.pdu_loss_w,
        ups_loss_w=fed.ups_loss_w,
        transformer_loss_w=metered.transformer_loss_w,
        switchgear_loss_w=metered.switchgear_loss_w,
        generator_heater_w=metered.generator_heater_w,
        crah_fan_w=moved.fan_w,
        chilled_water_pump_w=duty.loop_pump_w,
        chiller_w=duty.compressor_w,
        condenser_pump_w=duty.condenser_pump_w,
        tower_fan_w=duty.rejection_fan_w,
        liquid_pump_w=duty.liquid_pump_w,
        economiser_fan_w=duty.economiser_fan_w,
        humidification_w=duty.humidification_w,
        heat_pump_w=duty.heat_pump_w,
        lighting_w=lighting_w,
        charging_w=np.broadcast_to(charging_w, shape),
        facility_w=metered.facility_w,
        room_heat_w=room_heat_w,
        liquid_heat_w=np.zeros(shape) if liquid is None else liquid.heat_w,
        moisture_heat_w=duty.moisture_w,
        evaporator_heat_w=duty.evaporator_heat_w,
        economiser_heat_w=duty.economiser_heat_w,
        heat_rejected_w=duty.rejected_w,
        heat_reused_w=duty.reused_w,
        cooling_shortfall_w=duty.shortfall_w,
        evaporation_kg_s=duty.evaporation_kg_s,
        drift_kg_s=duty.drift_kg_s,
        blowdown_kg_s=duty.blowdown_kg_s,
        economiser_fraction=_free_share(duty, loop),
        chillers_running=duty.chillers_running,
        server_inlet_c=inlet_c,
        server_inlet_kg_kg=inlet_kg_kg,
        return_air_c=return_air_c(room_heat_w, moved.flow_kg_s, design.room) + cooled.warmer_k,
        coolant_c=cooled.coolant_c,
        chilled_water_return_c=loop.return_c,
        tower_water_c=loop.tower_c,
        condenser_water_c=loop.condenser_c,
        economiser_supply_c=loop.economiser_c,
        crah_flow_kg_s=moved.flow_kg_s,
        psu_extrapolated=psu.extrapolated,
        chiller_extrapolated=duty.chiller_extrapolated,
        tower_extrapolated=duty.tower_extrapolated,
        psu_overload=psu.overload,
        hall_exceeded=fed.hall_exceeded,
        pdu_overload=fed.pdu_overload,
        ups_overload=fed.ups_overload,
        ups_redundancy_lost=fed.ups_redundancy_lost,
        transformer_overload=metered.transformer_overload,
        utility_exceeded=metered.utility_exceeded,
        airflow_exceeded=moved.exceeded,
        water_flow_exceeded=duty.water_flow_exceeded,
        chiller_redundancy_lost=duty.redundancy_lost,
        outside_recommended=design.recommended.left_by(inlet_c, inlet_kg_kg, air.pressure_pa),
        outside_allowable=design.allowable.left_by(inlet_c, inlet_kg_kg, air.pressure_pa),
    )


@dataclass(frozen=True)
class _Cooled:
    """What all the cooling does together."""

    duties: list[Duty]
    warmer_k: FloatArray
    """Supply air above what is wanted [K]."""
    free: FreeCooling | None
    loop: LoopState | None
    """The chilled water; where there is none, the facility water of the liquid-cooled servers."""
    coolant_c: FloatArray


def _liquid(server_w: FloatArray, design: FacilityDesign, out: OutOfService) -> LiquidState | None:
    if design.liquid is None:
        return None
    dead = out.chilled_water_pumps if design.liquid.loop is None else out.liquid_pumps
    return take_heat(server_w, design.liquid, out.cdus, dead)


def _cool(
    room_heat_w: FloatArray,
    moved_w: FloatArray,
    flow_kg_s: FloatArray,
    liquid: LiquidState | None,
    air: Weather,
    design: FacilityDesign,
    out: OutOfService,
) -> _Cooled:
    """Cool the room, of whose heat the fans move *moved_w* [W], and the coolant."""
    room = RoomAir(moved_w, flow_kg_s, design.room.supply_c, design.room.server_inlet_c)
    free = None if design.air_economiser is None else free_cool(room, air, design.air_economiser, design.compressors)
    left_w = moved_w if free is None else moved_w * (1.0 - free.share)
    duties = [Duty(shortfall_w=room_heat_w - moved_w), *([] if free is None else [free.duty])]
    moisture_w = left_w * (1.0 / design.room.sensible_share - 1.0)
    left_w = left_w + moisture_w if design.compressors else left_w
    duties += [Duty(moisture_w=moisture_w)] if design.compressors else []
    warmer_k = np.zeros_like(moved_w) if free is None else free.supply_c - design.room.supply_c
    if design.dx is not None:
        duties.append(expand(left_w, air.dry_bulb_c, design.dx, out.room_units))
    own = None if design.liquid is None else design.liquid.loop
    loop = None
    if design.chilled_water is not None and design.rejection is not None:
        given_w = np.where(out.chilled_water_pumps, 0.0, left_w)
        shared_w = given_w if liquid is None or own is not None else given_w + liquid.carried_w
        reuse = None if own is not None else design.reuse
        loop = run_loop(shared_w, design.chilled_water, design.rejection, air, out, reuse)
        duties += [loop.duty, Duty(loop_pump_w=loop.pump_w, shortfall_w=left_w - given_w)]
        warmer_k = warmer_k + (loop.supply_c - design.chilled_water.supply_c)
    coolant = np.zeros_like(moved_w)
    if liquid is not None and design.liquid is not None:
        facility = loop
        if own is not None and design.liquid.rejection is not None:
            gone = OutOfService(cells=out.liquid_cells)
            facility = run_loop(liquid.carried_w, own, design.liquid.rejection, air, gone, design.reuse)
            duties += [facility.duty, Duty(liquid_pump_w=facility.pump_w)]
        assert facility is not None, "a design with liquid has a loop for it"
        duties.append(
            Duty(
                liquid_pump_w=liquid.pump.power_w,
                shortfall_w=liquid.heat_w + liquid.pump.power_w - liquid.carried_w,
                water_flow_exceeded=liquid.pump.exceeded,
            )
        )
        own_flow = facility.flow_kg_s * (1.0 if own is not None else liquid.carried_w / np.maximum(shared_w, 1e-9))
        coolant = coolant_c(liquid, facility.supply_c, own_flow, design.liquid.cdu)
        loop = loop or facility
    return _Cooled(duties, warmer_k, free, loop, coolant)


@dataclass(frozen=True)
class _Shown:
    """Temperatures of the water side [degC]; those of the outdoor air where there is no water."""

    return_c: FloatArray
    tower_c: FloatArray
    condenser_c: FloatArray
    economiser_c: FloatArray
    share: FloatArray


def _shown(cooled: _Cooled, air: Weather) -> _Shown:
    if cooled.loop is None:
        outdoors_c = air.dry_bulb_c
        share = np.zeros_like(outdoors_c) if cooled.free is None else cooled.free.share
        return _Shown(outdoors_c, outdoors_c, outdoors_c, outdoors_c, share)
    loop, plant = cooled.loop, cooled.loop.plant
    share = plant.economiser_share
    rise_k = loop.return_c - loop.supply_c
    return _Shown(loop.return_c, plant.tower_c, plant.condenser_c, loop.return_c - share * rise_k, share)


def _free_share(duty: Duty, loop: _Shown) -> FloatArray:
    """Share of the heat that leaves without a compressor [-]; at no load, what it would be."""
    free_w, all_w = np.asarray(duty.economiser_heat_w), duty.economiser_heat_w + duty.evaporator_heat_w
    return np.where(np.asarray(all_w) > 0.0, free_w / np.maximum(all_w, 1e-30), loop.share)


def _inlet_kg_kg(cooled: _Cooled, air: Weather, design: FacilityDesign) -> FloatArray:
    """Water vapour per dry air at the servers' inlets [kg/kg]."""
    humidity = moist_air.saturation_humidity_ratio_kg_kg(design.dew_point_c, air.pressure_pa)
    if cooled.free is not None:
        humidity = np.where(cooled.free.outdoor, cooled.free.humidity_ratio_kg_kg, humidity)
    return humidity


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
