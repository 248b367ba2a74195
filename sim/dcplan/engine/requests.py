"""What comes to an endpoint: blocks of requests with their random draws, each quantity from a stream of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dcplan.engine.plan import EndpointPlan, Plan
from dcplan.scenario.cache import Cache
from dcplan.scenario.generation import Generation
from dcplan.serving.cached_endpoint import Wanted
from dcplan.serving.endpoint import NO_KINDS, NONE, Requests
from dcplan.serving.generation_endpoint import Prompts
from dcplan.serving.zipf import Zipf, draw
from dcplan.workload.arrivals import arrivals
from dcplan.workload.lengths import token_counts
from dcplan.workload.service import unit_mean_draws
from dcplan.workload.streams import Streams

FloatArray = NDArray[np.float64]
UintArray = NDArray[np.uint64]


def requests_of(name: str, endpoint: EndpointPlan, spells: bool, plan: Plan, streams: Streams) -> Iterator[Requests]:
    """Blocks of requests of an endpoint, each with its draws; *spells*: whether replicas have slow spells."""
    spec = endpoint.spec
    draw, pace = streams.stream(f"service/{name}"), streams.stream(f"pace/{name}")
    kind = streams.stream(f"classes/{name}")
    shares = np.array([each.share for each in spec.kinds.values()])
    bounds = np.cumsum(shares / shares.sum())[:-1]
    for times_s, routes in _arrivals(name, endpoint, plan, streams):
        count, news, kinds = len(times_s), NONE, NO_KINDS
        if spec.service is not None:
            draws = unit_mean_draws(spec.service, draw, count)
        elif spells:
            draws, news = draw.standard_normal(count), pace.standard_normal(count)
        else:
            draws = draw.random(count)
        if spec.interacts:
            kinds = np.searchsorted(bounds, kind.random(count), side="right").astype(np.int64)
        yield Requests(times_s, draws, routes, news, kinds)


def prompts_of(
    name: str, endpoint: EndpointPlan, generation: Generation, plan: Plan, streams: Streams
) -> Iterator[Prompts]:
    """Blocks of prompts of an endpoint whose text is generated as *generation* says."""
    prompt, output = streams.stream(f"prompt/{name}"), streams.stream(f"output/{name}")
    for times_s, routes in _arrivals(name, endpoint, plan, streams):
        count = len(times_s)
        prompts, outputs = (
            token_counts(generation.prompt, prompt, count),
            token_counts(generation.output, output, count),
        )
        yield Prompts(times_s, routes, prompts, outputs)


def wanted_of(
    name: str, cache: Cache, requests: Iterator[Requests] | Iterator[Prompts], streams: Streams
) -> Iterator[Wanted]:
    """Blocks of *requests*, and the object that each one asks *cache* for."""
    which, law = streams.stream(f"objects/{name}"), Zipf(cache.objects, cache.skew)
    for block in requests:
        yield Wanted(block, draw(law, which, len(block.times_s)))


def _arrivals(
    name: str, endpoint: EndpointPlan, plan: Plan, streams: Streams
) -> Iterator[tuple[FloatArray, UintArray]]:
    """Blocks of arrival times [s] and of random bits for routing."""
    route = streams.stream(f"routing/{name}")
    stream = streams.stream(f"arrivals/{name}")
    scenario = plan.scenario
    for times_s in arrivals(
        endpoint.spec.demand, stream, scenario.horizon, plan.clock, endpoint.recorded, scenario.each_stands_for
    ):
        yield times_s, route.integers(0, 2**64 - 1, len(times_s), dtype=np.uint64, endpoint=True)
