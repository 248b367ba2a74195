"""The water side: economiser, chillers, pumps, tower or dry cooler, solved together for each time step.

Any of these may be missing. Without a chiller the economiser's heat exchanger carries all heat and the supply floats
with the weather; with air-cooled chillers the outdoor air is the condenser's, and a dry cooler, if any, serves the
economiser alone.

Condenser water temperature depends on the heat to reject, which depends on chiller power, which depends on
that temperature. One pass shrinks an error about thirty-fold (1 K warmer water: 3 % more chiller power, 0.3 %
more heat, 0.03 K warmer water), so a fixed number of passes replaces a solver: three leave facility power
within 1e-5. Where the sink serves the economiser alone its heat is as uncertain as the share carried, so there half
of each step is taken, and more of them. Energy balances are exact all the same: heat rejected is the sum of its parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.chiller import ChillerDesign, ChillerState, chill
from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.economiser import EconomiserDesign, modes, share
from dcplan.facility.outage import ALL_IN_SERVICE, OutOfService, left
from dcplan.facility.pump import PumpDesign, PumpState, circulate
from dcplan.facility.sink import Held, Offer, Sink, hold, offer
from dcplan.facility.tower import Water
from dcplan.signals.weather import Weather

PASSES = 3
DAMPED_PASSES = 8
AS_COLD_AS_POSSIBLE_C = -273.15


@dataclass(frozen=True)
class RejectionDesign:
    """What stands between a water loop and the outdoor air."""

    chiller: ChillerDesign | None
    """None: the loop's heat passes through the economiser's heat exchanger only."""
    sink: Sink | None
    """Tower or dry cooler; None: air-cooled chillers without economiser."""
    pump: PumpDesign | None
    """Pumps of the water between chillers, economiser and *sink*; None without it."""
    setpoint_c: float
    """Water that *sink* supplies to the chillers when it can [degC]."""
    economiser: EconomiserDesign | None
    """None: there is none."""

    def __post_init__(self) -> None:
        require("condenser setpoint_c", self.setpoint_c, 5.0, 50.0)
        if (self.sink is None) != (self.pump is None):
            raise ValueError("a tower or dry cooler and the pumps of its water come together")
        if self.chiller is None and self.economiser is None:
            raise ValueError("a plant needs chillers, an economiser, or both")
        if self.sink is None and (self.economiser is not None or not self.air_cooled):
            raise ValueError("water-cooled chillers and economisers need a tower or a dry cooler")

    @property
    def air_cooled(self) -> bool:
        """Whether the chillers give their heat to the air themselves."""
        return self.chiller is not None and self.chiller.curve.condenser == "air"


@dataclass(frozen=True)
class RejectionState:
    """What the water side does, arrays of the shape of the load."""

    chiller: ChillerState
    pump: PumpState
    water: Water
    supply_c: FloatArray
    """Water that the loop gets back [degC]; without chillers it may be warmer than wanted."""
    economiser_share: FloatArray
    """Share of the load that the economiser carries, 0 to 1."""
    economiser_w: FloatArray
    """Heat that goes through the economiser [W]."""
    rejected_w: FloatArray
    """Heat that leaves to the outdoor air [W]."""
    shortfall_w: FloatArray
    """Load that is not removed [W]."""
    tower_c: FloatArray
    """Water that the tower or dry cooler supplies; without it, outdoor air [degC]."""
    condenser_c: FloatArray
    """Water or air that enters the condensers [degC]."""
    fan_w: FloatArray
    extrapolated: BoolArray
    """Tower or dry cooler outside the data behind its law."""


def reject(
    load_w: FloatArray,
    supply_c: float,
    return_c: FloatArray,
    air: Weather,
    design: RejectionDesign,
    out: OutOfService = ALL_IN_SERVICE,
) -> RejectionState:
    """Take *load_w* [W] out of water that returns at *return_c* [degC]; give it to the outdoor air *air*.

    *air* has an array of the shape of the load for each quantity.
    """
    working = _working(design, out, load_w.shape)
    served_w = load_w if design.air_cooled else np.where(working > 0.0, load_w, 0.0)
    full, partial = _modes(served_w, supply_c, return_c, air, design, working)
    target_c = _target_c(full, partial, supply_c, design)
    alone = design.air_cooled and design.sink is not None
    carried, heat_w = np.zeros_like(load_w), served_w
    for i in range(DAMPED_PASSES if alone else PASSES):
        pump, offered = _offer(heat_w, air, design, working)
        tower_c = np.maximum(target_c, offered.coldest_c)
        wanted = _share(full, partial, tower_c, supply_c, return_c, design)
        carried = carried + 0.5 * (wanted - carried) if alone and i > 0 else wanted
        chiller, condenser_c = _chill(served_w * (1.0 - carried), supply_c, tower_c, air, design, out)
        economiser_w = served_w * carried
        all_w = economiser_w + chiller.heat_w + chiller.power_w
        heat_w = economiser_w if design.air_cooled else all_w
    held = _hold(target_c, offered, heat_w, pump, tower_c, design, working)
    return RejectionState(
        chiller=chiller,
        pump=pump,
        water=held.water,
        supply_c=_supply_c(supply_c, tower_c, design),
        economiser_share=carried,
        economiser_w=economiser_w,
        rejected_w=all_w + pump.power_w,
        shortfall_w=chiller.shortfall_w + (load_w - served_w),
        tower_c=tower_c,
        condenser_c=condenser_c,
        fan_w=held.fan_w,
        extrapolated=offered.extrapolated,
    )


def _working(design: RejectionDesign, out: OutOfService, shape: tuple[int, ...]) -> FloatArray:
    """Share of the sink's cells that run; none without the pumps of its water."""
    cells = 1 if design.sink is None else design.sink.cells
    share = left(cells, out.cells) / cells
    return np.broadcast_to(np.where(out.condenser_pumps, 0.0, share), shape)


def _offer(heat_w: FloatArray, air: Weather, design: RejectionDesign, working: FloatArray) -> tuple[PumpState, Offer]:
    if design.sink is None or design.pump is None:
        nothing, never = np.zeros_like(heat_w), np.zeros(heat_w.shape, dtype=np.bool_)
        return PumpState(nothing, nothing, never), Offer(air.dry_bulb_c, air, air.dry_bulb_c, None, never)
    pump = circulate(heat_w, design.sink.range_k, design.pump)
    return pump, offer(heat_w + pump.power_w, pump.flow_kg_s, air, design.sink, working)


def _hold(
    target_c: FloatArray,
    offered: Offer,
    heat_w: FloatArray,
    pump: PumpState,
    tower_c: FloatArray,
    design: RejectionDesign,
    working: FloatArray,
) -> Held:
    if design.sink is None:
        nothing = np.zeros_like(heat_w)
        return Held(nothing, Water(nothing, nothing, nothing))
    return hold(target_c, offered, heat_w + pump.power_w, pump.flow_kg_s, tower_c, design.sink, working)


def _chill(
    load_w: FloatArray,
    supply_c: float,
    tower_c: FloatArray,
    air: Weather,
    design: RejectionDesign,
    out: OutOfService,
) -> tuple[ChillerState, FloatArray]:
    """What the chillers do, and what enters their condensers [degC]."""
    entering_c = air.dry_bulb_c if design.air_cooled else tower_c
    if design.chiller is None:
        nothing, never = np.zeros_like(load_w), np.zeros(load_w.shape, dtype=np.bool_)
        return ChillerState(nothing, nothing, nothing, nothing, never, never), entering_c
    condenser_c = np.maximum(entering_c, design.chiller.condenser_min_c)
    return chill(load_w, supply_c, condenser_c, design.chiller, out.chillers), condenser_c


def _modes(
    load_w: FloatArray,
    supply_c: float,
    return_c: FloatArray,
    air: Weather,
    design: RejectionDesign,
    working: FloatArray,
) -> tuple[BoolArray, BoolArray]:
    """Full and partial, judged without compressor heat: in full mode there is none."""
    never = np.zeros(load_w.shape, dtype=np.bool_)
    if design.economiser is None:
        return never, never
    if design.chiller is None:
        return ~never, never
    _, offered = _offer(load_w, air, design, working)
    full, partial = modes(offered.coldest_c, supply_c, return_c, design.economiser)
    return full & (working > 0.0), partial & (working > 0.0)


def _target_c(full: BoolArray, partial: BoolArray, supply_c: float, design: RejectionDesign) -> FloatArray:
    if design.economiser is None:
        return np.full(full.shape, AS_COLD_AS_POSSIBLE_C if design.sink is None else design.setpoint_c)
    chillers_c = np.where(partial, AS_COLD_AS_POSSIBLE_C, design.setpoint_c)
    return np.where(full, supply_c - design.economiser.approach_k, chillers_c)


def _share(
    full: BoolArray,
    partial: BoolArray,
    tower_c: FloatArray,
    supply_c: float,
    return_c: FloatArray,
    design: RejectionDesign,
) -> FloatArray:
    if design.economiser is None:
        return np.zeros(full.shape)
    return np.where(full, 1.0, np.where(partial, share(tower_c, supply_c, return_c, design.economiser), 0.0))


def _supply_c(supply_c: float, tower_c: FloatArray, design: RejectionDesign) -> FloatArray:
    """Water back to the loop [degC]: what was asked for, but without chillers not colder than the weather allows."""
    if design.chiller is None and design.economiser is not None:
        return np.maximum(supply_c, tower_c + design.economiser.approach_k)
    return np.full(tower_c.shape, supply_c)
