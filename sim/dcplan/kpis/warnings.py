"""What a reader should know before trusting a run's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dcplan.kpis.energy_warnings import energy_warnings
from dcplan.kpis.plant_warnings import plant_warnings
from dcplan.results.store import Tables, frame
from dcplan.scenario.autoscaling import Predictive
from dcplan.scenario.cache import Cache, Lru
from dcplan.scenario.clients import Slo
from dcplan.scenario.demand import Closed
from dcplan.scenario.endpoint import Endpoint
from dcplan.scenario.scenario import Scenario
from dcplan.serving.scaling import LEVEL_S

Sentences = Iterator[str]

SATURATED = 0.98
"""Utilisation above which a queue without a limit no longer settles within any horizon."""


HASTY = 0.01
"""Mean latency, relative to the time in which all sampled requests come, above which too much is cut off at the end."""
CROWDED = 0.9
"""Utilisation in a step above which queues take long to settle."""
GROWING = 0.02
"""Share of all requests by which those in the system grow from which on a backlog does not end by itself."""
STORM = 1.2
"""Attempts per request above which retries are a load of their own."""
HOUR_S, DAY_S, WEEK_S = 3600.0, 86400.0, 604_800.0
FEW = 1000
"""Answers below which a p99 rests on fewer than ten of them; so many in a step vary by 3 % by chance."""


def warnings(scenario: Scenario, tables: Tables, kpis: dict[str, Any]) -> pd.DataFrame:
    """The table `warnings`: whole sentences, the gravest first."""
    value = {name: kpi["value"] for name, kpi in kpis.items()}
    sentences = [
        *_endpoints(scenario, value, tables.get("endpoints", frame("endpoints", []))),
        *_pipelines(scenario, value, tables.get("pipelines")),
        *_caches(scenario, value, tables.get("cache")),
        *_training(scenario, tables),
        *_tripped(tables.get("trips")),
        *_site(scenario, value, tables.get("site")),
        *plant_warnings(scenario, value, tables.get("site")),
        *_energy(scenario, value),
        *energy_warnings(scenario, tables),
        *_statistics(scenario),
        *_sources(tables),
    ]
    return frame("warnings", [{"message": sentence} for sentence in sentences])


def _endpoints(scenario: Scenario, value: dict[str, float | None], steps: pd.DataFrame) -> Sentences:
    counted_s = (scenario.horizon - scenario.warm_up) * scenario.replications
    for name, spec in scenario.endpoints.items():
        if attempts := value.get(f"endpoints.{name}.attempts_per_request"):
            yield from _storm(name, attempts)
        if _overloaded(name, spec, value, steps[steps["endpoint"] == name]):
            yield f"Endpoint {name} is overloaded: its queue grows as long as the run lasts, so its latency means nothing."
        if again := value.get(f"endpoints.{name}.preempted"):
            yield (
                f"Endpoint {name} has too small a KV cache: {again:,.0f} times a sequence had to start over, and its work "
                "was done again."
            )
        if moved := value.get(f"endpoints.{name}.swapped"):
            yield (
                f"Endpoint {name} has too small a KV cache: {moved:,.0f} times that of a sequence went to host memory, and "
                "the others waited."
            )
        if dropped := value[f"endpoints.{name}.dropped"]:
            share = min(1.0, dropped / (value[f"endpoints.{name}.requests"] or dropped))
            yield f"Endpoint {name} drops {share:.2%} of its requests, because {_cause(name, spec, value)}."
        answered = (value[f"endpoints.{name}.throughput_rps"] or 0.0) * counted_s
        if answered < FEW * scenario.each_stands_for:
            seen = answered / scenario.each_stands_for
            yield f"Endpoint {name} answered {seen:,.0f} requests only, too few to say what its p99 is."
        if scenario.requests == "sampled":
            own_s = (scenario.horizon - scenario.warm_up) / scenario.each_stands_for
            yield from _hasty(name, value[f"endpoints.{name}.latency_mean_s"], own_s)
            yield from _sampled(name, spec, steps[steps["endpoint"] == name], scenario.each_stands_for)
        if isinstance(spec.autoscaling, Predictive):
            yield from _untaught(name, spec.autoscaling, scenario)
        if spec.autoscaling and spec.autoscaling.idle_servers == "switch_off":
            yield from _never_off(name, value.get(f"endpoints.{name}.slot_hours_off"))
        yield from _promise(name, spec, value.get(f"endpoints.{name}.slo_attainment"))


def _pipelines(scenario: Scenario, value: dict[str, float | None], steps: pd.DataFrame | None) -> Sentences:
    """Pipelines that break their promise, or of which too little is known."""
    counted_s = (scenario.horizon - scenario.warm_up) * scenario.replications
    for name, spec in scenario.pipelines.items():
        assert steps is not None, "pipelines have a table"
        answered = (value[f"pipelines.{name}.throughput_rps"] or 0.0) * counted_s / scenario.each_stands_for
        if answered == 0.0:
            left = steps.loc[steps["pipeline"] == name].groupby("replication")["in_system"].last().mean()
            yield f"Pipeline {name} answered nothing: {left:,.0f} requests were under way when the run ended."
        elif answered < FEW:
            yield f"Pipeline {name} answered {answered:,.0f} requests only, too few to say what its p99 is."
        attained = value.get(f"pipelines.{name}.slo_attainment")
        if spec.slo is not None and attained is not None and attained < spec.slo.share:
            yield f"Pipeline {name} {_missed(spec.slo, attained)}"


def _caches(scenario: Scenario, value: dict[str, float | None], steps: pd.DataFrame | None) -> Sentences:
    """Caches whose hit ratio is not that of the long run, or rests on answers that never were."""
    for name, spec in scenario.endpoints.items():
        if spec.cache is None or steps is None:
            continue
        own = steps[steps["endpoint"] == name]
        held = int(own.loc[own["time_s"] == own["time_s"].min(), "entries"].min())
        yield from _began_empty(name, spec.cache, held, scenario.warm_up)
        if value[f"endpoints.{name}.dropped"]:
            yield (
                f"Endpoint {name} drops misses, whose answers are in its cache all the same, so its hit ratio is overstated."
            )


def _began_empty(name: str, cache: Cache, held: int, warm_up_s: float) -> Sentences:
    """What a cache still remembers of its beginning, that holds so many objects when counting starts.

    One that forgets what was asked for longest ago remembers nothing as soon as it is full.
    """
    full = held == cache.places
    if isinstance(cache, Lru):
        if not full:
            yield (
                f"Endpoint {name} starts with an empty cache, which holds {held:,} of at most {cache.places:,} objects when "
                "counting starts, so its hit ratio is understated; use a longer 'warm_up'."
            )
    elif warm_up_s < cache.ttl and not (full and cache.size and cache.ttl_from == "request"):
        yield (
            f"Endpoint {name} starts with an empty cache, and nothing has expired in it when counting starts, so its hit "
            f"ratio is not that of the long run; use a 'warm_up' of {cache.ttl:g} s or more."
        )


def _overloaded(name: str, spec: Endpoint, value: dict[str, float | None], steps: pd.DataFrame) -> bool:
    """Whether the queue of an endpoint grows without end."""
    if spec.generation is not None:  # replicas that batch continuously are busy at any load: look at the queue itself
        split = spec.generation.disaggregated
        decoding = spec.all_replicas - (split.prefill_replicas if split else 0)
        waiting = steps.groupby("time_s")["in_system"].mean().to_numpy() - decoding * spec.generation.max_batch
        early, late = waiting[len(waiting) // 2 : -len(waiting) // 4 or None], waiting[-len(waiting) // 4 :]
        return bool(spec.queue.limit is None and late.mean() > 1.5 * max(1.0, early.mean()))
    gives_up = any(each.timeout is not None for each in spec.kinds.values())
    if spec.queue.limit is not None or gives_up or isinstance(spec.demand, Closed):
        return False
    busy, held = (value[f"endpoints.{name}.{kpi}"] or 0.0 for kpi in ("utilisation", "batch_mean"))
    if busy > SATURATED and held > SATURATED * spec.batching.max_batch:  # who batches what has come is always busy
        return True
    waiting = steps.groupby("time_s")["in_system"].mean().to_numpy()
    early, late = waiting[: len(waiting) // 4 or 1].mean(), waiting[-(len(waiting) // 4 or 1) :].mean()
    came = steps["arrived"].sum() / steps["replication"].nunique()
    return bool(waiting[-1] - waiting[0] > GROWING * came and late > 1.5 * max(1.0, early))


def _hasty(name: str, latency_s: float | None, own_s: float) -> Sentences:
    """What sampling cuts off at the end, if an answer takes long for so few requests."""
    if latency_s is None or latency_s > HASTY * own_s:
        takes = "nothing was answered" if latency_s is None else f"an answer takes {latency_s:.3g} s"
        yield (
            f"Endpoint {name} was sampled too thinly: its requests come within {own_s:.3g} s, and {takes}, so much of its "
            "work is cut off at the end and every number is off; use a smaller 'one_in'."
        )


def _sampled(name: str, spec: Endpoint, steps: pd.DataFrame, one_in: int) -> Sentences:
    """What sampling cannot see: queues that build up while the demand changes so much faster."""
    busy = steps["busy_s"] / (steps["duration_s"] * spec.all_replicas)
    crowded = int((busy.groupby(steps["time_s"]).mean() > CROWDED).sum())
    if crowded:
        yield (
            f"Endpoint {name} was sampled, one request in {one_in}, and is busy over {CROWDED:.0%} in {crowded} of "
            f"{steps['time_s'].nunique()} steps: queues that build up over minutes are understated; use requests: every."
        )
    seen = float((steps["arrived"] / one_in).median())
    if seen < FEW:
        yield (
            f"Endpoint {name} was sampled: a step sees {seen:,.0f} requests, so chance alone makes its peaks, and what is "
            "paid for them, too high; use longer steps or a smaller 'one_in'."
        )


def _untaught(name: str, scaling: Predictive, scenario: Scenario) -> Sentences:
    """For how much of the time an autoscaler could not forecast yet."""
    counted_s = scenario.horizon - scenario.warm_up
    blind = min(1.0, (scaling.season_s + LEVEL_S - scenario.warm_up) / counted_s)
    if blind > 0.0:
        yield (
            f"Endpoint {name} scales by a forecast from the {scaling.season} before, which there is not for the first "
            f"{blind:.0%} of the counted time: until then it scales by utilisation. A warm_up of a {scaling.season} and an "
            "hour leaves that out."
        )


def _never_off(name: str, slot_hours: float | None) -> Sentences:
    if slot_hours == 0.0:
        yield (
            f"Endpoint {name} never switches a server off: its replicas fill servers one after the other, and none of these "
            "is ever without a replica. Servers that nobody keeps slots in stay on as well."
        )


def _promise(name: str, spec: Endpoint, attained: float | None) -> Sentences:
    """What was promised to all requests, if it is not kept."""
    if spec.slo is None or attained is None or attained >= spec.slo.share:
        return
    if spec.several_promises:
        yield (
            f"Endpoint {name} misses its promises: {attained:.2%} of the requests got all that was promised to them, "
            f"{spec.slo.share:.0%} should."
        )
    else:
        yield f"Endpoint {name} {_missed(spec.slo, attained)}"


def _missed(slo: Slo, attained: float) -> str:
    return (
        f"misses its promise: {attained:.2%} of the requests are answered within {slo.latency_s:g} s, {slo.share:.0%} "
        "were promised."
    )


def _cause(name: str, spec: Endpoint, value: dict[str, float | None]) -> str:
    """Why most attempts failed."""
    causes = {
        "refused": f"its queue is limited to {spec.queue.limit}" if spec.queue.limit is not None else "a queue is full",
        "rate_limited": f"it admits no more than {spec.admission.rate:g} per second" if spec.admission else "",
        "timed_out": "they give up waiting",
        "lost": "their replica fails" if spec.failures is not None else "their servers are switched off",
    }
    failed = {cause: value.get(f"endpoints.{name}.{cause}") or 0.0 for cause in causes}
    return causes[max(failed, key=lambda cause: failed[cause])]


def _storm(name: str, attempts: float) -> Sentences:
    if attempts > STORM:
        yield (
            f"Endpoint {name} sees {attempts:.2f} attempts per request: retries are part of its load, and may keep it "
            "overloaded after the cause has passed."
        )


def _training(scenario: Scenario, tables: Tables) -> Sentences:
    for name in scenario.training:
        jobs = tables["jobs"][tables["jobs"]["queue"] == name]
        left = int(jobs["end_s"].isna().sum())
        if left:
            yield f"Training queue {name}: {left} of {len(jobs)} jobs had not finished when the run ended."


def _site(scenario: Scenario, value: dict[str, float | None], site: pd.DataFrame | None) -> Sentences:
    if scenario.site is not None and scenario.facility is None:
        yield "There is no building in this scenario: energy, cost and carbon are those of the servers alone."
    if scenario.facility is not None and scenario.facility.power.ups.battery is None and _cut(scenario):
        yield "Nothing is said of the UPS's batteries: in a power cut they last, and charging them again is not metered."
    if site is not None and (owed_kwh := -_battery_kwh(site)) > 1e-6:
        yield (
            f"Batteries end the run with {owed_kwh:.3g} kWh less than they began with, which the meter has not seen: energy, "
            "cost, carbon and PUE are too low by that; a longer 'horizon' sees them charged."
        )
    for kpi, sentence in (
        ("hours_cooling_short", f"the plant cannot remove all heat; {_warming(scenario, value)}"),
        ("hours_over_limit", f"a rating is exceeded ({_over(site)}); {_unprotected(scenario)}"),
        ("hours_redundancy_lost", "the load needs the spare UPS module or chiller, so a failure would cut it"),
        ("hours_outside_allowable", "the air into the servers is outside the allowable envelope of their class"),
        ("hours_extrapolated", "a curve of the plant is used outside its data, by a bounded law"),
    ):
        if hours := value.get(kpi):
            yield f"For {hours:.3g} h {sentence}."
    counted_s = scenario.horizon - scenario.warm_up
    if scenario.finance is not None and counted_s < WEEK_S - DAY_S:
        yield f"A year's cost is read off {counted_s / HOUR_S:.3g} h, which are no week; simulate a week or a year of them."


def _battery_kwh(site: pd.DataFrame) -> float:
    """What batteries have drawn less what they delivered, mean over the replications [kWh]."""
    return float((site["battery_w"] * site["duration_s"]).sum()) / site["replication"].nunique() / 3.6e6


def _cut(scenario: Scenario) -> bool:
    return any(each.lost == "utility" for each in scenario.incidents.values())


def _energy(scenario: Scenario, value: dict[str, float | None]) -> Sentences:
    """Generators that run more than they may, and demand response that is not met."""
    generators = None if scenario.facility is None else scenario.facility.power.generators
    used_h = value.get("generator_hours_beyond_emergencies")
    if generators is not None and generators.permit is not None and used_h is not None:
        a_year_h, days = generators.permit / 3600.0, (scenario.horizon - scenario.warm_up) / 86400.0
        if used_h > a_year_h:
            yield (
                f"The standby generators run {used_h:.3g} h beyond emergencies in the {days:.3g} days that count, more than "
                f"the {a_year_h:.3g} h that their permit allows in a year."
            )
    if unmet_kwh := value.get("response_unmet_kwh"):
        yield f"Demand response is not met: {unmet_kwh:,.3g} kWh of {value['response_asked_kwh']:,.3g} kWh are missing."


def _warming(scenario: Scenario, value: dict[str, float | None]) -> str:
    """What becomes of heat that nobody removes."""
    if scenario.facility is None or scenario.facility.ride_through is None:
        return "the room would warm, which is not simulated without 'ride_through'"
    if (warmest_c := value.get("inlet_max_c")) is None:
        return "the room would warm, which is simulated in incidents alone"
    return f"in incidents the room warms for it, to {warmest_c:.1f} degC at the servers' inlets"


def _unprotected(scenario: Scenario) -> str:
    """What becomes of an overload."""
    if scenario.facility is None or scenario.facility.power.breakers is None:
        return "nothing is switched off for it without 'breakers'"
    return "racks, rows, hall and, with 'ride_through', the utility alone have breakers that trip"


def _tripped(trips: pd.DataFrame | None) -> Sentences:
    """Which breakers tripped, the first ones first."""
    if trips is None or trips.empty:
        return
    for breaker, rows in trips.groupby("breaker", sort=False):
        what = "the power was cut" if breaker == "utility" else "all servers behind it were off"
        yield (
            f"The breaker of the {breaker} tripped {len(rows)} times in all replications, at {rows['load'].mean():.0%} of "
            f"its limit; {what} until it was closed."
        )


def _over(site: pd.DataFrame | None) -> str:
    """Whose ratings are exceeded, the longest first."""
    return "" if site is None else ", ".join(site.loc[site["over_limit"] != "", "over_limit"].value_counts().index)


def _statistics(scenario: Scenario) -> Sentences:
    if scenario.requests == "sampled":
        yield f"Requests were sampled: one in {scenario.each_stands_for} was simulated and stands for the others."
    if scenario.replications == 1:
        yield "There is one replication only, so no number has a confidence interval; use --replications 5 or more."


def _sources(tables: Tables) -> Sentences:
    assumptions = tables["assumptions"]
    unread = int((~assumptions["verified"]).sum())
    if unread:
        yield f"{unread} assumptions rest on a source that nobody has read yet; the table of assumptions marks them."
    for name in assumptions.loc[(assumptions["kind"] == "synthetic") & (assumptions["part"] == "site"), "name"]:
        if name.startswith("weather: "):
            place = name.removeprefix("weather: ")
            yield f"The weather of {place} is synthetic: its monthly means are right, its hottest hours are made up."
    for row in assumptions[assumptions["kind"] == "derived"].to_dict("records"):
        yield f"{row['name'].removesuffix(': derived')} was not measured there: its times are derived, {row['value']}."
    unstable = int(assumptions["value"].str.contains("UNSTABLE").sum())
    if unstable:
        yield "Some measured times had not settled when measuring ended; the table of assumptions says which."
