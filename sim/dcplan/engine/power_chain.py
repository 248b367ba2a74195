"""From the spec of a power chain to its design: curves looked up, supplies counted."""

from __future__ import annotations

from dcplan.engine.assumptions import Assumptions
from dcplan.facility.chain import PowerDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.psu import PsuDesign
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, TransformerCurve, supply_curve
from dcplan.scenario.power import PowerChain, PowerSupply


def design_power(spec: PowerChain, servers: int, library: Library, assumptions: Assumptions) -> PowerDesign:
    """The power chain of *spec* in front of *servers* machines."""
    psu = _used(library, assumptions, spec.supplies.model)
    pdu = _used(library, assumptions, spec.distribution.model)
    ups = _used(library, assumptions, spec.ups.model)
    transformer = _used(library, assumptions, spec.transformer.model)
    return PowerDesign(
        psu=PsuDesign(supply_curve(psu), spec.supplies.rating, _supplies(spec.supplies, servers)),
        pdu=PduDesign(LossCurve.from_values(pdu), spec.distribution.rating),
        ups=UpsDesign(
            LossCurve.from_values(ups), spec.ups.rating / spec.ups.modules, spec.ups.modules, spec.ups.redundancy
        ),
        transformer=TransformerDesign(TransformerCurve.from_values(transformer), spec.transformer.rating),
        utility_limit_w=spec.utility.limit,
    )


def _supplies(spec: PowerSupply, servers: int) -> int:
    """Supplies that share the load."""
    if spec.count is not None:
        return spec.count
    return servers * (2 if spec.redundancy == "1+1" else 1)


def _used(library: Library, assumptions: Assumptions, name: str) -> dict[str, object]:
    profile = library.load("power", name)
    assumptions.use("facility", profile)
    return dict(profile.values)
