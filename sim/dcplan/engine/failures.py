"""The story of a replica that fails: it is lost, missed after a while, repaired, and works again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy

from dcplan.engine.serving import AnyEndpoint, advance
from dcplan.results.store import frame
from dcplan.scenario.failures import Failures
from dcplan.serving.cached_endpoint import CachedEndpoint
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.generation_endpoint import GenerationEndpoint

Process = Generator[simpy.Event, object, None]


@dataclass
class Outages:
    """When replicas failed and worked again: replica -> times [s]; one without an end lasts beyond the run."""

    failed_s: dict[int, list[float]] = field(default_factory=dict)
    repaired_s: dict[int, list[float]] = field(default_factory=dict)


def fail(
    env: simpy.Environment,
    name: str,
    endpoint: AnyEndpoint,
    replica: int,
    spec: Failures,
    chance: np.random.Generator,
    outages: Outages,
) -> Process:
    """A replica works for a while, fails, and is repaired, again and again."""
    served = endpoint.behind if isinstance(endpoint, CachedEndpoint) else endpoint
    assert isinstance(served, ClassEndpoint | GenerationEndpoint), "replicas that fail need its kernel"
    failed_s, repaired_s = outages.failed_s.setdefault(replica, []), outages.repaired_s.setdefault(replica, [])
    while True:
        yield env.timeout(spec.every * chance.standard_exponential())
        advance(name, endpoint, env.now)
        served.crash(replica)
        failed_s.append(env.now)
        repair_s = spec.repair * chance.standard_exponential()
        if spec.detection < repair_s:
            yield env.timeout(spec.detection)
            advance(name, endpoint, env.now)
            served.exclude(replica)
            yield env.timeout(repair_s - spec.detection)
        else:
            yield env.timeout(repair_s)
        advance(name, endpoint, env.now)
        served.repair(replica)
        repaired_s.append(env.now)


def table(name: str, outages: Outages, replication: int) -> pd.DataFrame:
    """Every outage, in the order of replicas and of time."""
    rows = [
        {"replication": replication, "endpoint": name, "replica": replica, "failed_s": failed_s, "repaired_s": back_s}
        for replica, times_s in outages.failed_s.items()
        for failed_s, back_s in zip(times_s, [*outages.repaired_s[replica], np.nan], strict=False)
    ]
    return frame("outages", rows)
