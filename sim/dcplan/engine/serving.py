"""The story of an endpoint: requests are served up to every mark, and what happened is noted."""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import simpy
from numpy.typing import NDArray

from dcplan.engine.plan import Grid, Plan
from dcplan.engine.requests import dresser, prompts_of, requests_of, salt, wanted_of
from dcplan.errors import InputError
from dcplan.scenario.demand import FromPipelines
from dcplan.serving.cached_endpoint import CachedEndpoint, Lookups, Uncached
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.class_state import ClassTotals
from dcplan.serving.endpoint import Endpoint
from dcplan.serving.first_use import Use, compile_missing
from dcplan.serving.generation_endpoint import GenerationEndpoint
from dcplan.serving.generation_state import GenerationRules, GenerationTotals
from dcplan.serving.histogram import edges, quantile_s
from dcplan.serving.pipeline import StagedEndpoint
from dcplan.serving.rules import class_rules
from dcplan.serving.sharing_endpoint import SharingEndpoint
from dcplan.serving.sharing_state import SharingRules
from dcplan.serving.state import Rules, Totals
from dcplan.workload.streams import Streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
AnyEndpoint = Uncached | CachedEndpoint | SharingEndpoint
Detail = ClassTotals | GenerationTotals
TAIL = 0.99
Process = Generator[simpy.Event, object, None]


@dataclass(frozen=True)
class Note:
    """What an endpoint's totals were at one instant.

    Attributes:
        totals: Its totals.
        work: See `class_state.BUSY_S` and `ENERGY_J`, for each pool of its replicas, [pools, 2].
        detail: More of them, if requests have classes or text is generated; histograms only where counting starts.
        in_system: Requests waiting, in service, or on their way back.
        lookups: What its cache has done, if it has one.
    """

    totals: Totals
    work: FloatArray
    detail: Detail | None
    in_system: int
    lookups: Lookups | None


@dataclass
class Diary:
    """An endpoint's totals at second 0 and at every mark, and when counting starts.

    Attributes:
        lapse: Requests that each simulated one stands for; the endpoint's clock runs as many times slower.
        notes: What was noted.
        counted_from: The totals at the end of the warm-up.
        tails: The p99 of the answers given since the note before [s], if they are watched; NaN if there were none.
    """

    lapse: int = 1
    notes: list[Note] = field(default_factory=list)
    counted_from: Note | None = None
    tails: list[float] | None = None
    _latency: IntArray | None = None

    def note(self, endpoint: AnyEndpoint) -> None:
        """Copy the totals as they are now, without histograms: there may be many marks."""
        totals, detail = endpoint.totals, endpoint.detail
        if self.tails is not None:
            self.tails.append(self._tail_s(totals.latency))
        brief = totals._replace(counts=totals.counts.copy(), sums=totals.sums.copy(), latency=totals.latency[:0])
        if detail is not None:
            detail = detail._replace(counts=detail.counts.copy(), sums=detail.sums.copy(), latency=detail.latency[:0])
        self.notes.append(Note(brief, endpoint.work.copy(), detail, endpoint.in_system, _lookups(endpoint)))

    def _tail_s(self, latency: IntArray) -> float:
        before, self._latency = self._latency, latency.copy()
        bounds_s = edges()
        return quantile_s(latency if before is None else latency - before, bounds_s[:-1], bounds_s[1:], TAIL)

    def start_counting(self, endpoint: AnyEndpoint) -> None:
        """Copy everything, histograms included, as it is at the end of the warm-up."""
        note = Note(endpoint.totals, endpoint.work, endpoint.detail, endpoint.in_system, _lookups(endpoint))
        self.counted_from = copy.deepcopy(note)

    def work(self, pool: int) -> tuple[float, float]:
        """Of a pool up to the last mark: replica-seconds busy, and energy above rest as far as it is known [J]."""
        busy_s, energy_j = self.lapse * self.notes[-1].work[pool]
        return float(busy_s), float(energy_j)


def _lookups(endpoint: AnyEndpoint) -> Lookups | None:
    return endpoint.lookups if isinstance(endpoint, CachedEndpoint) else None


def make_ready(plan: Plan) -> None:
    """Compile the kernels that *plan* needs and that were never compiled on this machine."""
    streams = Streams(plan.scenario.seed, 0)
    compile_missing([use for name in plan.endpoints for use in _uses(new_endpoint(name, plan, streams))])


def _uses(endpoint: AnyEndpoint) -> list[Use]:
    if isinstance(endpoint, CachedEndpoint):
        return [Use(endpoint.rules), *_uses(endpoint.behind)]
    return [Use(endpoint.rules, isinstance(endpoint, Endpoint) and endpoint.shared)]


def new_endpoint(name: str, plan: Plan, streams: Streams) -> AnyEndpoint:
    """The endpoint *name* at second 0, with its own random streams, behind its cache if it has one."""
    rules = plan.endpoints[name].rules
    if isinstance(rules, SharingRules):
        return _sharing(name, rules, plan, streams)
    served, cache = _without_cache(name, plan, streams), plan.endpoints[name].spec.cache
    if cache is None:
        return served
    return CachedEndpoint.new(served, cache, wanted_of(name, cache, served.requests, streams))


def _sharing(name: str, rules: SharingRules, plan: Plan, streams: Streams) -> SharingEndpoint:
    """The devices of the endpoint *name*, each shared by the batches on it."""
    endpoint, base = plan.endpoints[name], rules.base
    if plan.scenario.draw_profiles and endpoint.pools:
        parts = np.split(endpoint.pools[0].error, rules.kinds["row"][1:])
        keys = [f"{endpoint.pools[0].server}/{each.workload}/infer" for each in endpoint.spec.models.values()]
        each_drawn = [drawn(streams, key, error) for key, error in zip(keys, parts, strict=True)]
        base = _scaled(base, np.concatenate(each_drawn))
    requests = requests_of(name, endpoint, base.spell_s > 0.0, plan, streams)
    return SharingEndpoint.new(rules._replace(base=base), endpoint.spec.replicas, requests)


def _scaled(rules: Rules, factor: FloatArray) -> Rules:
    """*rules* whose batches take *factor* times as long, [rows], or [1] for all."""
    return rules._replace(service_s=rules.service_s * factor[:, None], pause_bends=rules.pause_bends * factor[:, None])


def _without_cache(name: str, plan: Plan, streams: Streams) -> Uncached:
    """The replicas of the endpoint *name*, to which all its requests come."""
    endpoint = plan.endpoints[name]
    spec, rules = endpoint.spec, endpoint.rules
    factor = np.ones(1)
    if plan.scenario.draw_profiles and endpoint.pools:
        task = "decode" if spec.generation else "infer"
        errors = {f"{each.server}/{spec.workload}/{task}": each.error for each in endpoint.pools}
        factor = np.concatenate([np.atleast_1d(drawn(streams, key, error)) for key, error in errors.items()])
    if isinstance(rules, GenerationRules):
        assert spec.generation is not None, "rules of generation come from its spec"
        rules = rules._replace(prefill_s=rules.prefill_s * factor, decode_s=rules.decode_s * factor)
        prompts = prompts_of(name, endpoint, spec.generation, plan, streams)
        return GenerationEndpoint.new(rules, spec.replicas, prompts, endpoint.zones)
    assert isinstance(rules, Rules), "devices that are shared are no replicas"
    rules = _scaled(rules, factor)
    requests = requests_of(name, endpoint, rules.spell_s > 0.0, plan, streams)
    if plan.scenario.interacts(name):
        spells_s = np.array([each.spell_s for each in endpoint.pools] or [rules.spell_s])
        salted = class_rules(spec, rules)._replace(salt=salt(name, streams))
        if isinstance(spec.demand, FromPipelines):
            staged = StagedEndpoint.new(salted, iter(()), endpoint.hardware, spells_s, endpoint.zones)
            staged.name, staged.dress = name, dresser(name, endpoint, plan, rules.spell_s > 0.0, streams)
            return staged
        return ClassEndpoint.new(salted, requests, endpoint.hardware, spells_s, endpoint.zones)
    return Endpoint.new(rules, spec.replicas, spec.queue.kind == "shared", requests)


def drawn(streams: Streams, measurement: str, error: FloatArray) -> FloatArray:
    """What a measured time is multiplied by, drawn from its interval once per replication [-], shape of *error*.

    Log-normal with mean 1; whoever rests on the same *measurement* gets the same draw.
    """
    z = streams.stream(f"profile/{measurement}").standard_normal()
    return np.asarray(np.exp(z * error - error**2 / 2))


def advance(name: str, endpoint: AnyEndpoint, until_s: float) -> None:
    """Bring the endpoint *name* up to *until_s* [s]. Raise an InputError if its backlog never ends."""
    try:
        endpoint.advance(until_s)
    except OverflowError as error:
        raise InputError(f"endpoint {name} is overloaded: {error}") from None


def serve(env: simpy.Environment, name: str, endpoint: AnyEndpoint, diary: Diary, grid: Grid) -> Process:
    """Serve requests until the horizon, and note at every mark of the grid what happened."""
    diary.note(endpoint)
    if grid.warm_up_s == 0.0:
        diary.start_counting(endpoint)
    for mark_s in grid.marks_s.tolist():
        yield env.timeout(mark_s - env.now)  # which may wake it a rounding error beside the mark
        advance(name, endpoint, mark_s / diary.lapse)
        diary.note(endpoint)
        if mark_s == grid.warm_up_s:
            diary.start_counting(endpoint)
