"""From the spec of a power chain to its design: curves looked up, supplies counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dcplan.engine.assumptions import Assumptions
from dcplan.engine.misfit import at, profile
from dcplan.facility.chain import PowerDesign
from dcplan.facility.distribution import PduDesign, SwitchgearDesign
from dcplan.facility.domain import require
from dcplan.facility.generator import GeneratorDesign
from dcplan.facility.psu import PsuDesign
from dcplan.facility.ride_through import BatteryDesign
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import HOLD_UP_S, EcoDesign, UpsDesign
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, TransformerCurve, number, supply_curve
from dcplan.profiles.standby import BatteryKind, GeneratorKind
from dcplan.scenario.power import (
    Distribution,
    EcoMode,
    Generators,
    PowerChain,
    PowerSupply,
    Switchgear,
    Transformer,
    Ups,
)


def design_power(spec: PowerChain, servers: int, library: Library, assumptions: Assumptions) -> PowerDesign:
    """The power chain of *spec* in front of *servers* machines."""
    known = _Known(library, assumptions)
    with at("power", "utility", "limit"):
        require("utility limit_w", spec.utility.limit, 1.0, math.inf)
    with at("power", "hall", "limit"):
        require("hall limit_w", math.inf if spec.hall is None else spec.hall.limit, 1.0, math.inf)
    return PowerDesign(
        psu=_psu(spec.supplies, servers, known),
        pdu=_pdu(spec.distribution, known),
        ups=_ups(spec.ups, known),
        transformer=_transformer(spec.transformer, known, "transformer"),
        utility_limit_w=spec.utility.limit,
        switchgear=_switchgear(spec.switchgear, known),
        generators=_generators(spec.generators, known),
        battery=_battery(spec.ups, known),
        hall_limit_w=math.inf if spec.hall is None else spec.hall.limit,
    )


@dataclass(frozen=True)
class _Known:
    """Looks up the profiles of the chain, and notes what was used."""

    library: Library
    assumptions: Assumptions

    def curve(self, name: str) -> dict[str, object]:
        """The values of a profile that has one source."""
        profile = self.library.load("power", name)
        self.assumptions.use("facility", profile)
        return dict(profile.values)

    def numbers(self, name: str) -> dict[str, object]:
        """The values of a profile whose numbers each have a source."""
        profile = self.library.load("power", name)
        self.assumptions.use_values("facility", profile)
        return dict(profile.values)


def _psu(spec: PowerSupply, servers: int, known: _Known) -> PsuDesign:
    with profile(spec.model, "a power supply", "power", "supplies", "model"):
        curve = supply_curve(known.curve(spec.model))
    with at("power", "supplies", "rating"):
        return PsuDesign(curve, spec.rating, _supplies(spec, servers))


def _pdu(spec: Distribution, known: _Known) -> PduDesign:
    with profile(spec.model, "distribution", "power", "distribution", "model"):
        curve = LossCurve.from_values(known.curve(spec.model))
    inside = spec.transformer
    lowering = None if inside is None else _transformer(inside, known, "distribution", "transformer")
    with at("power", "distribution", "rating"):
        return PduDesign(curve, spec.rating, lowering)


def _ups(spec: Ups, known: _Known) -> UpsDesign:
    with profile(spec.model, "a UPS", "power", "ups", "model"):
        curve = LossCurve.from_values(known.curve(spec.model))
    eco = None if spec.eco is None else _eco(spec.eco, known)
    with at("power", "ups", "rating"):
        return UpsDesign(curve, spec.rating / spec.modules, spec.modules, spec.redundancy, eco, spec.share)


def _eco(spec: EcoMode, known: _Known) -> EcoDesign:
    with profile(spec.model, "the eco mode of a UPS", "power", "ups", "eco", "model"):
        values = known.curve(spec.model)
        eco = EcoDesign(LossCurve.from_values(values), spec.share, number(values, "transfer_s"))
    if eco.drops_load:
        with at("power", "ups", "eco", "model"):
            raise ValueError(
                f"the UPS takes {eco.transfer_s:g} s to leave eco mode, but servers ride through {HOLD_UP_S:g} s only; "
                "use another model, or none"
            )
    return eco


def _battery(spec: Ups, known: _Known) -> BatteryDesign | None:
    if spec.battery is None:
        return None
    with profile(spec.battery.model, "a battery", "power", "ups", "battery", "model"):
        kind = BatteryKind.from_values(known.numbers(spec.battery.model))
    with at("power", "ups", "battery", "ride_through"):
        return BatteryDesign(kind, spec.rating, spec.battery.ride_through)


def _transformer(spec: Transformer, known: _Known, *where: str) -> TransformerDesign:
    with profile(spec.model, "a transformer", "power", *where, "model"):
        curve = TransformerCurve.from_values(known.curve(spec.model))
    with at("power", *where, "rating"):
        return TransformerDesign(curve, spec.rating)


def _switchgear(spec: Switchgear | None, known: _Known) -> SwitchgearDesign | None:
    if spec is None:
        return None
    with profile(spec.model, "switchgear", "power", "switchgear", "model"):
        curve = LossCurve.from_values(known.curve(spec.model))
    with at("power", "switchgear", "rating"):
        return SwitchgearDesign(curve, spec.rating)


def _generators(spec: Generators | None, known: _Known) -> GeneratorDesign | None:
    if spec is None:
        return None
    with profile(spec.model, "a generator", "power", "generators", "model"):
        kind = GeneratorKind.from_values(known.numbers(spec.model))
    with at("power", "generators", "rating"):
        return GeneratorDesign(kind, spec.rating, spec.needed, spec.redundancy)


def _supplies(spec: PowerSupply, servers: int) -> int:
    """Supplies that share the load."""
    if spec.count is not None:
        return spec.count
    return servers * (2 if spec.redundancy == "1+1" else 1)
