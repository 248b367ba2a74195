"""From the spec of a building to its design: the power chain as written, and the cooling around it."""

from __future__ import annotations

from dcplan.engine.assumptions import Assumptions
from dcplan.engine.cooling import design_cooling
from dcplan.facility.chain import PowerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.psu import PsuDesign
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.library import Library, Profile
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.scenario.facility import Facility, PowerChain


def design_facility(
    spec: Facility, place: Profile, servers: int, library: Library, assumptions: Assumptions
) -> FacilityDesign:
    """The building of *spec* at *place* for a fleet of *servers* machines."""
    power = _power(spec.power, servers, library, assumptions)
    return design_cooling(spec, power, place, library, assumptions)


def _power(spec: PowerChain, servers: int, library: Library, assumptions: Assumptions) -> PowerDesign:
    supplies = 2 if spec.supplies.redundancy == "1+1" else 1
    psu = _used(library, assumptions, "power", spec.supplies.model)
    pdu = _used(library, assumptions, "power", spec.distribution.model)
    ups = _used(library, assumptions, "power", spec.ups.model)
    transformer = _used(library, assumptions, "power", spec.transformer.model)
    return PowerDesign(
        psu=PsuDesign(PsuCurve.from_values(psu), spec.supplies.rating, supplies * servers),
        pdu=PduDesign(LossCurve.from_values(pdu), spec.distribution.rating),
        ups=UpsDesign(
            LossCurve.from_values(ups), spec.ups.rating / spec.ups.modules, spec.ups.modules, spec.ups.redundancy
        ),
        transformer=TransformerDesign(TransformerCurve.from_values(transformer), spec.transformer.rating),
        utility_limit_w=spec.utility.limit,
    )


def _used(library: Library, assumptions: Assumptions, family: str, name: str) -> dict[str, object]:
    profile = library.load(family, name)
    assumptions.use("facility", profile)
    return dict(profile.values)
