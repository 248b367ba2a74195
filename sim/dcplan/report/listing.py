"""What `dcplan list` prints: one line per thing that is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from dcplan.kpis.definitions import listed
from dcplan.profiles.library import Library, Profile, default_library, shipped
from dcplan.scenario import demand, service
from dcplan.scenario.endpoint import Queue, Routing


def lines(what: str, profiles: Path | None = None) -> Iterator[str]:
    """The lines for *what*: profiles, sites, scenarios, policies or kpis."""
    if what in ("profiles", "sites"):
        yield from _profiles(default_library(named=profiles), what)
    elif what == "scenarios":
        yield from _scenarios()
    elif what == "policies":
        yield from _policies()
    else:
        yield from (f"{kpi.name:44} {kpi.unit:9} {kpi.meaning}" for kpi in listed())


def _profiles(library: Library, what: str) -> Iterator[str]:
    for family in ["weather"] if what == "sites" else library.families:
        for name in library.names(family):
            profile = library.load(family, name)
            yield f"{family + '/' + name:44} {profile.kind:11} {_about(profile)}"


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
    yield f"{'demand':12} {', '.join(_kinds(demand.Demand))}"
    yield f"{'service':12} {', '.join(_kinds(service.Service))}"
    yield f"{'queue':12} {', '.join(get_args(Queue.model_fields['kind'].annotation))}"
    yield f"{'routing':12} {', '.join(get_args(Routing))}"
    yield f"{'batching':12} dynamic (max_batch, max_delay)"
    yield f"{'scheduling':12} first come, first served"


def _kinds(union: Any) -> list[str]:
    return [get_args(spec.model_fields["kind"].annotation)[0] for spec in get_args(get_args(union)[0])]
