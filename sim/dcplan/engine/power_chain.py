"""From the spec of a power chain to its design: curves looked up, supplies counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dcplan.engine.assumptions import Assumptions
from dcplan.facility.chain import PowerDesign
from dcplan.facility.distribution import PduDesign, SwitchgearDesign
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
    return PowerDesign(
        psu=PsuDesign(
            supply_curve(known.curve(spec.supplies.model)), spec.supplies.rating, _supplies(spec.supplies, servers)
        ),
        pdu=_pdu(spec.distribution, known),
        ups=_ups(spec.ups, known),
        transformer=_transformer(spec.transformer, known),
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


def _pdu(spec: Distribution, known: _Known) -> PduDesign:
    curve = LossCurve.from_values(known.curve(spec.model))
    inside = spec.transformer
    return PduDesign(curve, spec.rating, None if inside is None else _transformer(inside, known))


def _ups(spec: Ups, known: _Known) -> UpsDesign:
    curve, eco = LossCurve.from_values(known.curve(spec.model)), None
    if spec.eco is not None:
        values = known.curve(spec.eco.model)
        eco = EcoDesign(LossCurve.from_values(values), spec.eco.share, number(values, "transfer_s"))
        if eco.drops_load:
            raise ValueError(
                f"the UPS takes {eco.transfer_s:g} s to leave eco mode, but servers ride through {HOLD_UP_S:g} s only; "
                "use another model, or none"
            )
    return UpsDesign(curve, spec.rating / spec.modules, spec.modules, spec.redundancy, eco, spec.share)


def _battery(spec: Ups, known: _Known) -> BatteryDesign | None:
    if spec.battery is None:
        return None
    kind = BatteryKind.from_values(known.numbers(spec.battery.model))
    return BatteryDesign(kind, spec.rating, spec.battery.ride_through)


def _transformer(spec: Transformer, known: _Known) -> TransformerDesign:
    return TransformerDesign(TransformerCurve.from_values(known.curve(spec.model)), spec.rating)


def _switchgear(spec: Switchgear | None, known: _Known) -> SwitchgearDesign | None:
    return None if spec is None else SwitchgearDesign(LossCurve.from_values(known.curve(spec.model)), spec.rating)


def _generators(spec: Generators | None, known: _Known) -> GeneratorDesign | None:
    if spec is None:
        return None
    kind = GeneratorKind.from_values(known.numbers(spec.model))
    return GeneratorDesign(kind, spec.rating, spec.needed, spec.redundancy)


def _supplies(spec: PowerSupply, servers: int) -> int:
    """Supplies that share the load."""
    if spec.count is not None:
        return spec.count
    return servers * (2 if spec.redundancy == "1+1" else 1)
