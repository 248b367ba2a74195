"""What the figures need to know of a run's scenario: when it starts, what was promised, how much there is.

Read from the resolved YAML without checking it again: the page of an old run must open with a newer dcplan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pandas as pd

from dcplan import units
from dcplan.results.store import Run
from dcplan.scenario import source


@dataclass(frozen=True)
class Promise:
    """What was promised: this share of the requests is answered within this time."""

    share: float
    latency_s: float

    @property
    def percentile(self) -> str:
        """The promised percentile, e.g. "p99"."""
        return f"p{100 * self.share:g}"


@dataclass(frozen=True)
class Lost:
    """Something that was lost from when until when [s], in words."""

    text: str
    begins_s: float
    ends_s: float


@dataclass(frozen=True)
class Facts:
    """What the scenario says."""

    question: str = ""
    start: datetime = datetime(2025, 1, 1)
    horizon_s: float = 0.0
    warm_up_s: float = 0.0
    step_s: float = 0.0
    replications: int = 1
    utility_limit_w: float | None = None
    ashrae_class: str = "A2"
    throttles_from_c: float | None = None
    shutdown_c: float | None = None
    losses: tuple[Lost, ...] = ()
    replicas: Mapping[str, int] = field(default_factory=dict)
    max_batch: Mapping[str, int] = field(default_factory=dict)
    promises: Mapping[str, Promise] = field(default_factory=dict)
    class_promises: Mapping[str, Mapping[str, Promise]] = field(default_factory=dict)
    token_promises_s: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    pipeline_promises: Mapping[str, Promise] = field(default_factory=dict)
    caches: Mapping[str, str] = field(default_factory=dict)

    def promised(self, family: str) -> Mapping[str, Promise]:
        """What "endpoints" or "pipelines" promise, by name."""
        return self.pipeline_promises if family == "pipelines" else self.promises

    def several_promises(self, name: str) -> bool:
        """Whether "as promised" means more than one latency at the endpoint *name*."""
        own = self.promises.get(name)
        of_classes = self.class_promises.get(name, {}).values()
        return bool(self.token_promises_s.get(name)) or any(promise != own for promise in of_classes)

    @property
    def counted_s(self) -> float:
        """Simulated time that the numbers count [s]."""
        return self.horizon_s - self.warm_up_s


def facts(run: Run) -> Facts:
    """The facts of *run*."""
    data = source.scalar(run.scenario_text) or {}
    endpoints: Mapping[str, Any] = data.get("endpoints") or {}
    pipelines: Mapping[str, Any] = data.get("pipelines") or {}
    start = datetime.fromisoformat(str(data.get("start", "2025-01-01")))
    ride_through = _below(data, "facility", "ride_through") or {}
    limit = _below(data, "facility", "power", "utility", "limit")
    return Facts(
        question=str(data.get("question") or ""),
        start=start,
        horizon_s=units.parse(str(data["horizon"]), "s"),
        warm_up_s=units.parse(str(data.get("warm_up", "0 s")), "s"),
        step_s=units.parse(str(data.get("step", "300 s")), "s"),
        replications=int(data.get("replications", 1)),
        utility_limit_w=None if limit is None else units.parse(str(limit), "W"),
        ashrae_class=str(_below(data, "facility", "cooling", "ashrae_class") or "A2"),
        throttles_from_c=_celsius(_below(ride_through, "throttling", "begins")),
        shutdown_c=_celsius(ride_through.get("shutdown")),
        losses=tuple(_lost(spec, start) for spec in (data.get("incidents") or {}).values()),
        replicas={
            name: int(spec["replicas"]) + sum(int(pool["replicas"]) for pool in spec.get("also", ()))
            for name, spec in endpoints.items()
        },
        max_batch={name: _max_batch(spec) for name, spec in endpoints.items()},
        promises={name: _promise(spec["slo"]) for name, spec in endpoints.items() if spec.get("slo")},
        pipeline_promises={name: _promise(spec["slo"]) for name, spec in pipelines.items() if spec.get("slo")},
        class_promises={name: _of_classes(spec) for name, spec in endpoints.items()},
        token_promises_s={name: _of_tokens(spec) for name, spec in endpoints.items()},
        caches={name: str(spec["cache"]["kind"]) for name, spec in endpoints.items() if spec.get("cache")},
    )


def with_trips(known: Facts, trips: pd.DataFrame | None) -> Facts:
    """*known*, to whose losses what tripped in the first replication is added."""
    if trips is None or trips.empty:
        return known
    first = trips[trips["replication"] == trips["replication"].min()]
    opened = (Lost(f"{row['breaker']}: breaker open", row["time_s"], row["back_s"]) for row in first.to_dict("records"))
    return replace(known, losses=(*known.losses, *opened))


def _celsius(text: Any) -> float | None:
    return None if text is None else units.parse(str(text), "degC")


def _lost(spec: Mapping[str, Any], start: datetime) -> Lost:
    """An incident of the scenario, without daylight saving."""
    begins_s = (datetime.fromisoformat(str(spec["at"])) - start.replace(tzinfo=None)).total_seconds()
    what = str(spec["lost"]).replace("_", " ")
    count = (
        "all " if spec.get("count") is None and what != "utility" else f"{spec['count']} " if spec.get("count") else ""
    )
    return Lost(f"{count}{what} lost", begins_s, begins_s + units.parse(str(spec["lasts"]), "s"))


def _max_batch(spec: Mapping[str, Any]) -> int:
    """Most requests in a batch of an endpoint, of any of its models."""
    own = [_below(each, "batching", "max_batch") for each in (spec.get("classes") or {}).values()]
    most = _below(spec, "generation", "max_batch") or _below(spec, "batching", "max_batch") or 1
    return max(int(each) for each in [most, *own] if each)


def _of_tokens(spec: Mapping[str, Any]) -> dict[str, float]:
    """What an endpoint promises of the first token and of further ones [s]."""
    promised = {name: _below(spec, "generation", name) for name in ("ttft", "tpot")}
    return {name: units.parse(str(text), "s") for name, text in promised.items() if text is not None}


def _of_classes(spec: Mapping[str, Any]) -> dict[str, Promise]:
    """What an endpoint promises to each of its classes; to those without a promise of their own, its own."""
    promised = {label: each.get("slo") or spec.get("slo") for label, each in (spec.get("classes") or {}).items()}
    return {label: _promise(slo) for label, slo in promised.items() if slo}


def _promise(slo: Mapping[str, str]) -> Promise:
    name, text = next((name, text) for name, text in slo.items() if text is not None)
    return Promise(int(name[1:]) / 100, units.parse(str(text), "s"))


def _below(data: Any, *path: str) -> Any:
    """The value at *path* in nested mappings; None if a part is missing."""
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else None
    return data
