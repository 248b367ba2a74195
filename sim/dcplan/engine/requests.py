"""What comes to an endpoint: blocks of requests with their random draws, each quantity from a stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

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
from dcplan.workload.conversations import Talks
from dcplan.workload.lengths import token_counts
from dcplan.workload.service import unit_mean_draws
from dcplan.workload.streams import Streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
UintArray = NDArray[np.uint64]
MANY = 1 << 62
"""Sessions are hashed by numbers that begin below this at random: to other replicas in each replication."""


def requests_of(name: str, endpoint: EndpointPlan, spells: bool, plan: Plan, streams: Streams) -> Iterator[Requests]:
    """Blocks of requests of an endpoint, each with its draws; *spells*: whether replicas have slow spells."""
    dress = dresser(name, endpoint, plan, spells, streams)
    for times_s in _arrivals(name, endpoint, plan, streams):
        yield dress(times_s, NO_KINDS)


def dresser(
    name: str, endpoint: EndpointPlan, plan: Plan, spells: bool, streams: Streams
) -> Callable[[FloatArray, IntArray], Requests]:
    """What makes requests of an endpoint out of times [s] and labels: it draws all that is random about them."""
    spec = endpoint.spec
    route = streams.stream(f"routing/{name}")
    service, pace = streams.stream(f"service/{name}"), streams.stream(f"pace/{name}")
    kind = streams.stream(f"classes/{name}")
    zone, session = streams.stream(f"zones/{name}"), streams.stream(f"sessions/{name}")
    served = list(spec.models.values()) if spec.sharing else [spec]
    services = [each.service for each in served if each.service is not None]

    def dress(times_s: FloatArray, labels: IntArray) -> Requests:
        count, news, kinds, sources = len(times_s), NONE, NO_KINDS, NO_KINDS
        if plan.scenario.interacts(name):
            kinds = _by_share([each.share for each in spec.kinds.values()], kind, count)
        if services:
            draws = unit_mean_draws(services[0], service, count)
            for number, each in enumerate(services[1:], 1):
                draws[kinds == number] = unit_mean_draws(each, service, int((kinds == number).sum()))
        elif spells:
            draws, news = service.standard_normal(count), pace.standard_normal(count)
        else:
            draws = service.random(count)
        if spec.zones:
            sources = 1 + _by_share([each.share for each in spec.zones.values()], zone, count)
        if spec.sessions is not None:
            sources = draw(Zipf(spec.sessions.count, spec.sessions.skew), session, count)
        return Requests(times_s, draws, _bits(route, count), news, kinds, labels, sources)

    return dress


def _by_share(shares: Sequence[float], rng: np.random.Generator, count: int) -> IntArray:
    """*count* numbers, each of them as often as its share says."""
    bounds = np.cumsum(np.array(shares) / np.sum(shares))[:-1]
    return np.searchsorted(bounds, rng.random(count), side="right").astype(np.int64)


def prompts_of(
    name: str, endpoint: EndpointPlan, generation: Generation, plan: Plan, streams: Streams
) -> Iterator[Prompts]:
    """Blocks of prompts of an endpoint whose text is generated as *generation* says."""
    prompt, output = streams.stream(f"prompt/{name}"), streams.stream(f"output/{name}")
    route = streams.stream(f"routing/{name}")
    zone, session = streams.stream(f"zones/{name}"), streams.stream(f"sessions/{name}")
    talks = None
    if generation.conversations is not None:
        chance = streams.stream(f"conversations/{name}")
        talks = Talks(generation.conversations, chance, begun=salt(name, streams))
    spec = endpoint.spec
    for times_s in _arrivals(name, endpoint, plan, streams):
        count = len(times_s)
        prompts, outputs = (
            token_counts(generation.prompt, prompt, count),
            token_counts(generation.output, output, count),
        )
        sources, known = NO_KINDS, NO_KINDS
        if spec.zones:
            sources = 1 + _by_share([each.share for each in spec.zones.values()], zone, count)
        if talks is not None and spec.sessions is not None:
            sessions = draw(Zipf(spec.sessions.count, spec.sessions.skew), session, count)
            sources, known = talks.turns(sessions, prompts, outputs)
            prompts = known + prompts
        yield Prompts(times_s, _bits(route, count), prompts, outputs, sources, known)


def salt(name: str, streams: Streams) -> int:
    """Where the numbers of sessions or conversations that are hashed begin, at random in each replication."""
    return int(streams.stream(f"affinity/{name}").integers(MANY))


def wanted_of(
    name: str, cache: Cache, requests: Iterator[Requests] | Iterator[Prompts], streams: Streams
) -> Iterator[Wanted]:
    """Blocks of *requests*, and the object that each one asks *cache* for."""
    which, law = streams.stream(f"objects/{name}"), Zipf(cache.objects, cache.skew)
    for block in requests:
        yield Wanted(block, draw(law, which, len(block.times_s)))


def _arrivals(name: str, endpoint: EndpointPlan, plan: Plan, streams: Streams) -> Iterator[FloatArray]:
    """Blocks of arrival times [s]."""
    stream = streams.stream(f"arrivals/{name}")
    scenario = plan.scenario
    return arrivals(
        endpoint.spec.demand, stream, scenario.horizon, plan.clock, endpoint.recorded, scenario.each_stands_for
    )


def _bits(route: np.random.Generator, count: int) -> UintArray:
    """64 random bits for each of *count* requests, for routing."""
    return route.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True)
