"""What `dcplan list` prints: one line per thing that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from dcplan.errors import InputError
from dcplan.kpis.definitions import listed
from dcplan.profiles.library import Library, Profile, default_library, shipped
from dcplan.scenario import demand, service
from dcplan.scenario.autoscaling import Autoscaling
from dcplan.scenario.base import Spec
from dcplan.scenario.batching import Batching
from dcplan.scenario.cache import Cache
from dcplan.scenario.clients import Admission, RequestClass, Retry
from dcplan.scenario.endpoint import Endpoint, Queue
from dcplan.scenario.failures import Failures
from dcplan.scenario.generation import Conversations, Disaggregated, Generation, Preempt, Tokens
from dcplan.scenario.sessions import Sessions, Warm
from dcplan.scenario.sharing import Sharing
from dcplan.scenario.zones import Zone
from dcplan.signals.places import year_at
from dcplan.signals.weather_year import DESIGN_SHARE


def lines(what: str, profiles: Path | None = None) -> Iterator[str]:
    """The lines for *what*: profiles, sites, scenarios, policies or kpis."""
    if what == "profiles":
        yield from _profiles(default_library(named=profiles))
    elif what == "sites":
        yield from _sites(default_library(named=profiles))
    elif what == "scenarios":
        yield from _scenarios()
    elif what == "policies":
        yield from _policies()
    else:
        yield from (f"{kpi.name:44} {kpi.unit:9} {kpi.meaning}" for kpi in listed())


def _profiles(library: Library) -> Iterator[str]:
    for family in library.families:
        for name in library.names(family):
            profile = library.load(family, name)
            yield f"{family + '/' + name:44} {profile.kind:11} {_about(profile)}"


def _sites(library: Library) -> Iterator[str]:
    """Where a scenario may be; the last columns are the dry and wet bulb that are exceeded in 0.4 % of the hours."""
    yield f"{'place':18} {'country':20} {'zone':4} {'weather':12} {'altitude':>8} {'dry bulb':>10} {'wet bulb':>10}"
    for name in library.names("weather"):
        place = library.load("weather", name)
        try:
            year = year_at(place)
        except InputError as error:
            yield f"{name:18} {error}"
            continue
        kind = "synthetic" if place.kind == "synthetic" else "typical year"
        about = f"{place.header.get('country', ''):20} {place.header.get('ashrae_zone', ''):4} {kind:12}"
        dry_bulb_c, wet_bulb_c = (year.exceeded_c(bulb, DESIGN_SHARE) for bulb in ("dry_bulb_c", "wet_bulb_c"))
        altitude = f"{float(place.header['altitude_m']):.0f} m" if "altitude_m" in place.header else ""
        yield f"{name:18} {about} {altitude:>8} {dry_bulb_c:>5.1f} degC {wet_bulb_c:>5.1f} degC"


def _about(profile: Profile) -> str:
    text = profile.description or profile.source
    return text.partition(". ")[0].rstrip(".")


def _scenarios() -> Iterator[str]:
    folder = shipped("scenarios")
    for path in sorted(folder.rglob("*.yaml")):
        comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
        question = next((line[2:] for line in comments if "yaml-language-server" not in line), "")
        yield f"{path.relative_to(folder)!s:32} {question}"


def _policies() -> Iterator[str]:
    for key, choices, meaning in policies():
        yield f"{key:36} {choices:62} {meaning}"


def policies() -> Iterator[tuple[str, str, str]]:
    """How requests can come and be served: (key of an endpoint, choices or default, meaning), read off the specs."""
    yield from _kinds("demand", demand.Demand)
    yield from _kinds("service", service.Service)
    yield from _keys("", Endpoint, ("routing", "choices", "also", "spill_over", "hop"))
    yield from _keys("zones.<name>.", Zone)
    yield from _keys("sessions.", Sessions)
    yield from _keys("sessions.warm.", Warm)
    yield from _keys("queue.", Queue)
    yield from _keys("batching.", Batching)
    yield from _keys("classes.<name>.", RequestClass)
    yield from _keys("retry.", Retry)
    yield from _keys("admission.", Admission)
    yield from _keys("failures.", Failures)
    yield from _keys("sharing.", Sharing)
    yield from _kinds("autoscaling", Autoscaling)
    yield from _kinds("cache", Cache)
    yield from _keys("generation.", Generation)
    yield from _keys("generation.conversations.", Conversations)
    yield from _kinds("generation.preempt", Preempt)
    yield from _keys("generation.disaggregated.", Disaggregated)
    yield from _keys("generation.prompt.", Tokens)


def _kinds(key: str, union: object) -> Iterator[tuple[str, str, str]]:
    """The kinds that *key* may be of, with their parts."""
    for spec in get_args(get_args(union)[0]):
        (kind,) = get_args(spec.model_fields["kind"].annotation)
        parts = [name for name in spec.model_fields if name != "kind"]
        yield f"{key}: {{kind: {kind}}}", ", ".join(parts), _first_line(spec.__doc__)


def _keys(prefix: str, spec: type[Spec], names: Sequence[str] = ()) -> Iterator[tuple[str, str, str]]:
    """The keys of a spec, all unless *names* are given."""
    for name, info in spec.model_fields.items():
        if not names or name in names:
            yield prefix + name, _choices(info), _first_line(info.description)


def _choices(info: FieldInfo) -> str:
    """What may be written: one of a few words, or anything, and then what it is if nothing is written."""
    words = [word for word in _words(info.annotation) if isinstance(word, str)]
    if words:
        return ", ".join(words)
    default = getattr(info.default, "kind", info.default)
    return "required" if info.is_required() else "-" if default is None else f"{default}"


def _words(annotation: Any) -> Iterator[Any]:
    """What the `Literal`s in *annotation* allow."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for part in get_args(annotation):
            yield from _words(part)


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
