"""What limits each endpoint, in a sentence: the first of its limits that its own numbers point at."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dcplan.results.store import frame
from dcplan.scenario.endpoint import Endpoint
from dcplan.scenario.scenario import Scenario

Values = Mapping[str, float | None]
"""KPIs of an endpoint, by the last part of their names; None where there is no value."""

BUSY = 0.8
"""Utilisation from which on the replicas are what limits an endpoint."""
FULL = 0.8
"""Mean batch, relative to the largest allowed, from which on batches count as full."""
NOTICED = 0.01
"""Share of the attempts (or of the requests) below which a loss limits nothing."""
WAITING = 0.5
"""Share of the latency, or of the time to the first token, spent waiting from which on waiting, not work, makes it."""
MET = 0.2
"""Utilisation from which on batches that share a device meet there often enough to make the latency."""
DELAYED = 0.5
"""Batching delay, relative to the mean wait, from which on it explains the wait."""


def limits(scenario: Scenario, kpis: Mapping[str, Mapping[str, object]]) -> pd.DataFrame:
    """The table `limits`: one sentence for every endpoint that got requests."""
    rows, happened = [], disturbance(scenario, kpis)
    for name, spec in scenario.endpoints.items():
        prefix = f"endpoints.{name}."
        own: dict[str, float | None] = {}
        for key, kpi in kpis.items():
            value = kpi["value"]
            if key.startswith(prefix) and "." not in key.removeprefix(prefix):
                own[key.removeprefix(prefix)] = float(value) if isinstance(value, int | float) else None
        if sentence := limit(spec, own, "" if spec.on is None else happened):
            rows.append({"endpoint": name, "message": sentence})
    return frame("limits", rows)


DISTURBED = {
    "hours_throttled": "slow in warm air",
    "hours_shut_down": "off",
    "hours_tripped": "off behind an open breaker",
    "hours_power_capped": "slow under a power cap",
}
"""What may happen to servers, by the KPI that says for how long."""


def disturbance(scenario: Scenario, kpis: Mapping[str, Mapping[str, object]]) -> str:
    """What happened to the servers, and because of what; empty if nothing did."""
    found = {}
    for name, what in DISTURBED.items():
        value = kpis.get(name, {}).get("value")
        if isinstance(value, int | float) and value > 0.0:
            found[what] = 60.0 * float(value)
    if not found:
        return ""
    names = [f"'{name}'" for name in scenario.incidents]
    because = f"The incident{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else "Limits on power"
    return f"{because}: servers are " + ", ".join(f"{what} for {minutes:.3g} min" for what, minutes in found.items())


def limit(spec: Endpoint, value: Values, happened: str = "") -> str:
    """What limits an endpoint with these KPIs; empty if it got no request.

    *happened* is what happened to its servers, if that was anything: it comes before what limits it at other times.
    """
    if not value.get("requests"):
        return ""
    lost = _known(value, "dropped") / _known(value, "requests")
    latency_s, wait_s = _known(value, "latency_mean_s"), _known(value, "wait_mean_s")
    if happened and (lost > NOTICED or wait_s > WAITING * latency_s > 0.0):
        waits = f"{wait_s / latency_s:.0%} of the time of the others is waiting" if latency_s else "none is answered"
        return f"{happened}; {lost:.1%} of the requests get no answer, and {waits}."
    if spec.cache is not None:
        return _behind_cache(spec, value, value.get("cache_hit_ratio") or 0.0)
    return _rate_limit(spec, value) or (_generation(spec, value) if spec.generation else _serving(spec, value))


def _behind_cache(spec: Endpoint, value: Values, hits: float) -> str:
    """What limits the misses, whose latency is what the hits leave of the mean."""
    assert spec.cache is not None
    if hits >= 1.0:
        return "Nothing but the cache, which answers every request."
    latency_s = (_known(value, "latency_mean_s") - hits * float(spec.cache.hit)) / (1.0 - hits)
    misses = {**value, "requests": (1.0 - hits) * _known(value, "requests"), "latency_mean_s": latency_s}
    limited = limit(spec.model_copy(update={"cache": None}), misses)
    return f"{limited} That is of the misses: {hits:.1%} of the requests are answered by the cache."


def _rate_limit(spec: Endpoint, value: Values) -> str:
    attempts = (value.get("attempts_per_request") or 1.0) * _known(value, "requests")
    refused = _known(value, "rate_limited")
    if spec.admission is None or refused < NOTICED * attempts or refused < _known(value, "refused"):
        return ""
    return f"The rate limit of {spec.admission.rate:g} /s: it refuses {refused / attempts:.1%} of the attempts."


def _generation(spec: Endpoint, value: Values) -> str:
    generation = spec.generation
    assert generation is not None
    again, moved = _known(value, "preempted"), _known(value, "swapped")
    if again + moved > NOTICED * _known(value, "requests"):
        lost = [f"{again:,.0f} sequences had to start over"] if again else []
        lost += [f"{moved:,.0f} were moved to host memory and back"] if moved else []
        return f"The KV cache: {', '.join(lost)}. More 'kv_tokens', or a smaller 'max_batch', spares that work."
    wait_s, split = _known(value, "wait_mean_s"), generation.disaggregated
    if split and wait_s > WAITING * _known(value, "ttft_p50_s"):
        return (
            f"The {split.prefill_replicas} replicas for prompts: a request waits {wait_s:.3g} s until one begins with "
            "it. More 'prefill_replicas' help."
        )
    held = _known(value, "batch_mean")
    share = held / generation.max_batch
    if share > FULL:
        return (
            f"The steps: {held:.3g} of at most {generation.max_batch} sequences share one. More replicas help; so "
            "does a larger 'max_batch', if the cache has room."
        )
    return (
        f"Nothing but the speed of a step: {held:.3g} of at most {generation.max_batch} sequences share one. More "
        "replicas would make answers hardly faster; fewer would do."
    )


def _serving(spec: Endpoint, value: Values) -> str:
    busy, held = value.get("utilisation"), _known(value, "batch_mean")
    latency_s, wait_s = _known(value, "latency_mean_s"), _known(value, "wait_mean_s")
    most, delay_s = _most(spec), float(spec.batching.max_delay)
    if busy is not None and busy > BUSY:
        if most > 1 and held < FULL * most:
            return (
                f"The time of a batch: replicas are busy {busy:.1%} of the time, but batches hold {held:.3g} of at "
                f"most {most}: they could carry more. More replicas make batches smaller before answers get faster."
            )
        return f"The replicas: they are busy {busy:.1%} of the time. More of them, or faster ones, help."
    if latency_s and (travel := _hops(spec, value) / latency_s) > WAITING:
        return (
            f"The way to other zones: {travel:.0%} of the latency is spent on it. More replicas in the zones that "
            "spill over would shorten it."
        )
    if latency_s and wait_s / latency_s > WAITING:
        waiting = f"requests wait {wait_s / latency_s:.0%} of their time"
        if delay_s > DELAYED * wait_s:
            return f"The batching delay of {1e3 * delay_s:g} ms: {waiting} for fuller batches, while replicas are idle."
        if _known(value, "replicas_mean") < 1.0 and spec.autoscaling is not None:
            return f"Starts from no replica at all: {waiting}. With 'least' at 1 one would always be ready."
        return f"Bursts: {waiting}, though the replicas are idle {1 - (busy or 0.0):.0%} of it on average."
    if spec.sharing is not None and busy is not None and busy > MET:
        return (
            f"Sharing: devices are busy {busy:.0%} of the time, and batches that meet on one slow each other down. "
            "More replicas make answers faster; so do fewer models on each."
        )
    return (
        f"The work itself: {1 - wait_s / latency_s:.0%} of the latency is service, and the replicas are idle "
        f"{1 - (busy or 0.0):.0%} of the time. More of them would change little; fewer might do."
        if latency_s
        else ""
    )


def _most(spec: Endpoint) -> int:
    """Most requests in a batch of any model."""
    models = spec.models.values() if spec.sharing is not None else [spec]
    return max(each.batching.max_batch for each in models)


def _hops(spec: Endpoint, value: Values) -> float:
    """Time that an answer takes from another zone, there and back, mean over all requests [s]."""
    return 2.0 * (spec.hop or 0.0) * _known(value, "spilled") / _known(value, "requests")


def _known(value: Values, name: str) -> float:
    return value.get(name) or 0.0
