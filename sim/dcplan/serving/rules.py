"""From an endpoint's spec and its service times to the kernel's rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dcplan.scenario.demand import Closed, FromPipelines
from dcplan.scenario.endpoint import Endpoint as EndpointSpec
from dcplan.scenario.generation import Generation, Swap
from dcplan.serving import sharing_state
from dcplan.serving.class_state import ClassRules, kinds_of
from dcplan.serving.disciplines import DISCIPLINES
from dcplan.serving.generation_state import GenerationRules
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.serving.policies import ROUTING
from dcplan.serving.sharing_state import SharingRules
from dcplan.serving.state import Rules

NEVER = 1 << 62
"""More requests than any replica can hold."""


def rules(
    spec: EndpointSpec,
    service_s: FloatArray,
    power_w: FloatArray | None = None,
    pauses: tuple[FloatArray, FloatArray] | None = None,
    slow: FloatArray | None = None,
    spell_s: float = 0.0,
) -> Rules:
    """The rules of *spec*.

    Args:
        spec: The endpoint.
        service_s: Service time by batch size and draw [s], see `Rules.service_s`, [n, steps + 1]; a row for every
            batch size from 0 to max_batch, or to the size of the largest batch in units, where classes differ in size.
        power_w: Power of a busy replica above idle by batch size [W], [n]; zeros if not given.
        pauses: Pauses of a replica after which service was measured [s], rising from 0, [pauses], and how much longer a
            batch takes after them, nothing after the first [s], [n, pauses]; linear in between, and
            constant after the longest. They change nothing if not given.
        slow: See `Rules.slow`; zeros if not given.
        spell_s: See `Rules.spell_s`.
    """
    sizes = len(service_s)
    return Rules(
        routing=ROUTING[spec.policy],
        max_batch=spec.batching.max_batch,
        max_delay_s=spec.batching.delay_s,
        from_pickup=spec.batching.delay_from == "pickup",
        limit=-1 if spec.queue.limit is None else spec.queue.limit,
        slo_s=np.inf if spec.slo is None else spec.slo.latency_s,
        service_s=np.ascontiguousarray(service_s, dtype=np.float64),
        power_w=np.zeros(sizes) if power_w is None else np.ascontiguousarray(power_w, dtype=np.float64),
        pause_s=np.zeros(1) if pauses is None else np.ascontiguousarray(pauses[0], dtype=np.float64),
        pause_bends=np.zeros((sizes, 1)) if pauses is None else bends(*pauses),
        slow=np.zeros(sizes) if slow is None else np.ascontiguousarray(slow, dtype=np.float64),
        spell_s=spell_s,
    )


def stacked(parts: Sequence[Rules]) -> Rules:
    """The rules of an endpoint with several kinds of replicas, from those of each kind: one table after the other.

    Pauses are known for each kind at instants of its own, which do not concern the others. What a kind without spells
    calls slow does not last.
    """
    pauses = [len(each.pause_s) for each in parts]
    bent = np.zeros((sum(len(each.service_s) for each in parts), sum(pauses)))
    row, column = 0, 0
    for each, count in zip(parts, pauses, strict=True):
        bent[row : row + len(each.service_s), column : column + count] = each.pause_bends
        row, column = row + len(each.service_s), column + count
    return parts[0]._replace(
        service_s=np.concatenate([each.service_s for each in parts]),
        power_w=np.concatenate([each.power_w for each in parts]),
        pause_s=np.concatenate([each.pause_s for each in parts]),
        pause_bends=bent,
        slow=np.concatenate([each.slow if each.spell_s > 0.0 else 0.0 * each.slow for each in parts]),
        spell_s=max(each.spell_s for each in parts),
    )


def largest_batch(spec: EndpointSpec) -> int:
    """Size of the largest batch, in requests of the smallest size."""
    return spec.batching.max_batch * max(each.size for each in spec.kinds.values())


def class_rules(spec: EndpointSpec, base: Rules) -> ClassRules:
    """The rules of *spec* where requests or replicas differ, or come and go.

    *base* has a row per unit of size, for one kind of hardware after the other.
    """
    kinds, queue, retry, admission = spec.kinds.values(), spec.queue, spec.retry, spec.admission
    warm = None if spec.sessions is None else spec.sessions.warm
    return ClassRules(
        base=base,
        rows=len(base.service_s) // (1 + len(spec.also)),
        choices=spec.choices or 2,
        adapt_s=np.inf if spec.batching.latency is None else float(spec.batching.latency),
        shared=queue.kind == "shared",
        discipline=DISCIPLINES[queue.discipline],
        kinds=kinds_of(
            priority=[each.priority for each in kinds],
            deadline_s=_times_s([each.deadline for each in kinds]),
            weight=[each.weight for each in kinds],
            units=[each.size for each in kinds],
            timeout_s=_times_s([each.timeout for each in kinds]),
            limit=[-1 if each.limit is None else each.limit for each in kinds],
            slo_s=_times_s([None if each.slo is None else each.slo.latency_s for each in kinds]),
        ),
        unaware=queue.on_timeout == "serve_in_vain",
        attempts=1 if retry is None else retry.attempts,
        backoff_s=0.0 if retry is None else float(retry.backoff),
        factor=1.0 if retry is None else retry.factor,
        longest_s=0.0 if retry is None else float(retry.longest),
        jitter=0.0 if retry is None else retry.jitter,
        rate_per_s=np.inf if admission is None else float(admission.rate),
        burst=0.0 if admission is None else float(admission.burst),
        users=spec.demand.users if isinstance(spec.demand, Closed) else 0,
        reports=isinstance(spec.demand, FromPipelines),
        spill_over=NEVER if spec.spill_over is None else spec.spill_over,
        hop_s=0.0 if spec.hop is None else spec.hop,
        bound=np.inf if spec.sessions is None or spec.sessions.bound is None else spec.sessions.bound,
        salt=0,
        sessions=0 if warm is None or spec.sessions is None else spec.sessions.count,
        keeps_s=0.0 if warm is None else warm.keeps,
        saves=0.0 if warm is None else warm.saves,
    )


def zones_of(counts: Sequence[int]) -> IntArray:
    """The zone of each replica, from 1 on, if zones have so many: the first few are spread like all of them, [sum].

    So an autoscaler, which starts and stops the last ones, takes its replicas from all zones alike.

    >>> zones_of([4, 2]).tolist()
    [1, 2, 1, 1, 2, 1]
    """
    places = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    return np.repeat(np.arange(1, 1 + len(counts)), counts)[np.argsort(places, kind="stable")]


def sharing_rules(spec: EndpointSpec, models: Sequence[Rules]) -> SharingRules:
    """The rules of *spec* where devices are shared, from those of each of its models alone."""
    assert spec.sharing is not None
    rows = [len(each.service_s) for each in models]
    kinds = sharing_state.kinds_of(
        row=np.cumsum([0, *rows[:-1]]),
        max_batch=[each.max_batch for each in models],
        max_delay_s=[each.max_delay_s for each in models],
        instances=[each.instances or spec.sharing.instances for each in spec.kinds.values()],
        limit=[-1 if each.limit is None else each.limit for each in spec.kinds.values()],
        slo_s=[each.slo_s for each in models],
        spell_s=[each.spell_s for each in models],
    )
    return SharingRules(stacked(models), kinds)


def generation_rules(
    spec: EndpointSpec,
    generation: Generation,
    prefill_s: FloatArray,
    decode_s: FloatArray,
    powers_w: tuple[FloatArray, FloatArray] | None = None,
) -> GenerationRules:
    """The rules of *spec*, whose text is generated as *generation* says.

    See `GenerationRules` for the times and the powers, of prefill and of decode; zeros if these are not given.
    """
    limit, swap, split = spec.queue.limit, generation.preempt, generation.disaggregated
    retry = spec.retry
    token_bytes = generation.kv_per_token or 0.0
    block_bytes = generation.block * token_bytes
    prefill_w, decode_w = powers_w or (np.zeros(len(prefill_s)), np.zeros(len(decode_s)))
    return GenerationRules(
        routing=ROUTING[spec.policy],
        max_batch=generation.max_batch,
        limit=-1 if limit is None else limit,
        block=generation.block,
        blocks=generation.kv_tokens // generation.block,
        chunk=generation.chunk or generation.longest,
        prefill_s=prefill_s,
        decode_s=decode_s,
        prefill_w=prefill_w,
        decode_w=decode_w,
        ttft_slo_s=np.inf if generation.ttft is None else float(generation.ttft),
        tpot_slo_s=np.inf if generation.tpot is None else float(generation.tpot),
        slo_s=np.inf if spec.slo is None else spec.slo.latency_s,
        host_blocks=int(swap.memory // block_bytes) if isinstance(swap, Swap) else 0,
        swap_s=block_bytes / swap.bandwidth if isinstance(swap, Swap) else 0.0,
        prefill_replicas=0 if split is None else split.prefill_replicas,
        move_s=0.0 if split is None else token_bytes / split.bandwidth,
        keeps=generation.prefix_cache,
        timeout_s=np.inf if spec.queue.timeout is None else float(spec.queue.timeout),
        attempts=1 if retry is None else retry.attempts,
        backoff_s=0.0 if retry is None else float(retry.backoff),
        factor=1.0 if retry is None else retry.factor,
        longest_s=0.0 if retry is None else float(retry.longest),
        jitter=0.0 if retry is None else retry.jitter,
        zoned=bool(spec.zones),
        spill_over=NEVER if spec.spill_over is None else spec.spill_over,
        hop_s=0.0 if spec.hop is None else spec.hop,
        bound=np.inf if spec.sessions is None or spec.sessions.bound is None else spec.sessions.bound,
    )


def _times_s(times_s: Sequence[float | None]) -> FloatArray:
    """Times [s], infinite where there is none."""
    return np.array([np.inf if each is None else each for each in times_s], dtype=np.float64)


def bends(pause_s: FloatArray, after_pause_s: FloatArray) -> FloatArray:
    """Changes of slope, at each pause, of a piecewise linear function that ends level [s/s], shape of *after_pause_s*.

    >>> bends(np.array([0.0, 1.0, 3.0]), np.array([[0.0, 2.0, 3.0]])).tolist()
    [[2.0, -1.5, -0.5]]
    """
    slopes = np.diff(after_pause_s) / np.diff(pause_s)
    return np.ascontiguousarray(np.diff(slopes, prepend=0.0, append=0.0))


def proportional(mean_s: float, max_batch: int) -> FloatArray:
    """Service times that are *mean_s* times the draw, whatever the batch size [s], [max_batch + 1, 2]."""
    table = np.zeros((max_batch + 1, 2))
    table[1:, 1] = mean_s
    return table
