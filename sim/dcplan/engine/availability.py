"""How often the building fails its servers, what that costs, and which tiers it meets: once for each replication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from dcplan.engine.plan import Plan
from dcplan.engine.redundancy import YEAR_S, AvailabilityPlan, Bridges, diagram, plants, supplies, topology
from dcplan.facility.ride_through import lasts_s
from dcplan.facility.thermal import RackMass, chilled_water_store_j, time_to_rise_s
from dcplan.facility.ups import installed
from dcplan.reliability.blocks import Downtime, Group, of_group, working
from dcplan.reliability.credit import Step, given_back
from dcplan.reliability.diagram import Diagram, contributions, site
from dcplan.reliability.outages import Spans, down_by_period_s, outages, simulate
from dcplan.reliability.tiers import findings
from dcplan.results.store import frame
from dcplan.scenario.availability import Availability
from dcplan.scenario.demand import FromPipelines
from dcplan.scenario.facility import Facility
from dcplan.scenario.scenario import Scenario
from dcplan.workload.streams import Streams

MONTHS = 12
MINUTE_S, HOUR_S = 60.0, 3600.0
LEVELS = (*(number / 20 for number in range(20)), 0.96, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 1.0)
"""Shares of the years of which the table `availability_years` tells the most down time."""


def tables(
    plan: Plan, known: AvailabilityPlan, so_far: Mapping[str, pd.DataFrame], replication: int
) -> dict[str, pd.DataFrame]:
    """The tables `availability`, `availability_blocks`, `availability_years` and `tiers` of a replication."""
    assert plan.facility is not None, "availability needs a building"
    power, spec = plan.facility.power, known.spec
    bridges = _bridges(plan, known, so_far["site"])
    built = diagram(known.facility, power, spec, known.parts, bridges)
    rng = Streams(plan.scenario.seed, replication).stream("outages")
    found = outages(simulate(built, float(spec.years), rng), known.recovery_s)
    years, credit = _years(found, spec)
    server = supplies(known.facility, known.parts)
    own = None if server is None else of_group(server)
    expected = site(built)
    key: dict[str, object] = {"replication": replication}
    whole = _whole(plan, known, so_far, expected, own) | {
        "simulated_share": float(years.sum()) / (spec.years * YEAR_S),
        "quiet_years": float((years == 0.0).mean()),
        "down_p99_s": float(np.quantile(years, 0.99)),
        "credit_usd": float(credit.mean()),
        "credit_p99_usd": float(np.quantile(credit, 0.99)),
    }
    levels = {"level": LEVELS, "down_s": np.quantile(years, LEVELS), "credit_usd": np.quantile(credit, LEVELS)}
    rules: list[dict[str, object]] = [
        key | {"standard": each.standard, "level": each.level, "met": each.met, "lacking": text}
        for each in findings(topology(known.facility, power, spec, bridges))
        for text in each.lacking or ("",)
    ]
    return {
        "availability": frame("availability", [key | whole]),
        "availability_blocks": frame("availability_blocks", [key | row for row in _blocks(built, server, known)]),
        "availability_years": frame("availability_years", {"replication": np.full(len(LEVELS), replication)} | levels),
        "tiers": frame("tiers", rules),
    }


def _bridges(plan: Plan, known: AvailabilityPlan, table: pd.DataFrame) -> Bridges:
    """For how long batteries and the room bridge a loss, at the run's median power and inlet air.

    The median, because an incident in the run leaves it as it is.
    """
    assert plan.facility is not None, "availability needs a building"
    room, battery = known.facility.ride_through, plan.facility.power.battery
    assert room is not None, "availability needs it"
    assert battery is not None, "availability needs batteries"
    it_w, usual_c = (median(table[name], table["duration_s"]) for name in ("it_w", "server_inlet_c"))
    rise_k = max(0.0, (room.throttling.ends if room.shutdown is None else room.shutdown) - usual_c)
    store_j = 0.0 if room.store is None else chilled_water_store_j(room.store, room.store_rise)
    racks = sum(each.racks for each in plan.scenario.fleet.values())

    def lasts(share: float, stored: bool) -> float:
        heat_w = share * it_w
        bridged_s = store_j / heat_w if stored and store_j > 0.0 and heat_w > 0.0 else 0.0
        return bridged_s + time_to_rise_s(heat_w / racks, rise_k, RackMass())

    losses = {loss for each in plants(known.facility, known.spec) for loss in each.losses}
    pumped = {"room_units", "chilled_water_pumps"} <= set(room.on_ups)
    load_w = np.array([it_w / known.spec.power_paths])
    return Bridges(lasts(1.0, pumped), float(lasts_s(load_w, battery)[0]), {loss: lasts(*loss) for loss in losses})


def median(values: pd.Series, weights: pd.Series) -> float:
    """The value below which half of the weight lies."""
    order = np.argsort(values.to_numpy(), kind="stable")
    below = np.cumsum(weights.to_numpy()[order])
    return float(values.to_numpy()[order][np.searchsorted(below, below[-1] / 2)])


def _years(found: Spans, spec: Availability) -> tuple[np.ndarray, np.ndarray]:
    """Down time of each simulated year [s], and what is given back for it [USD]."""
    months_s = down_by_period_s(found, YEAR_S / MONTHS, spec.years * MONTHS)
    steps = tuple(Step(each.below, each.credit) for each in spec.sla)
    given_usd = given_back(1.0 - months_s / (YEAR_S / MONTHS), steps) * (spec.monthly_price or 0.0)
    return months_s.reshape(-1, MONTHS).sum(axis=1), given_usd.reshape(-1, MONTHS).sum(axis=1)


def _whole(
    plan: Plan, known: AvailabilityPlan, so_far: Mapping[str, pd.DataFrame], expected: Downtime, server: Downtime | None
) -> dict[str, float]:
    """What is expected of the site in a year, in closed form."""
    share = min(1.0, expected.share + expected.per_s * known.recovery_s)
    alone = 0.0 if server is None else server.share
    hours = sum(_gpus(plan).values()) * YEAR_S / HOUR_S * (1.0 - (1.0 - share) * (1.0 - alone))
    return {
        "down_share": share,
        "failures_per_year": expected.per_s * YEAR_S,
        "requests_per_year": _requests_per_s(plan.scenario, so_far) * YEAR_S * share,
        "gpu_hours_per_year": hours + expected.per_s * YEAR_S * _repeated_h(plan, known),
    }


def _requests_per_s(scenario: Scenario, so_far: Mapping[str, pd.DataFrame]) -> float:
    """Requests that users send, mean over the run [1/s]."""
    asked = [name for name, each in scenario.endpoints.items() if not isinstance(each.demand, FromPipelines)]
    rates = 0.0
    for table, column, names in (("endpoints", "endpoint", asked), ("pipelines", "pipeline", list(scenario.pipelines))):
        if names and table in so_far:
            rows = so_far[table][so_far[table][column].isin(names)]
            rates += float(rows["arrived"].sum()) / (scenario.horizon - scenario.warm_up)
    return rates


def _gpus(plan: Plan) -> dict[str, float]:
    """Accelerators of each group of servers."""
    fleet = plan.scenario.fleet
    return {
        name: group.slots / (fleet[name].partition or 1)
        for name, group in plan.groups.items()
        if group.server.boards is not None
    }


def _repeated_h(plan: Plan, known: AvailabilityPlan) -> float:
    """Hours of accelerators that training repeats after an outage: half of the time between checkpoints [h]."""
    gpus, fleet = _gpus(plan), plan.scenario.fleet
    slots = [(q.on, q.slots) for q in plan.scenario.training.values() if q.on in gpus]
    kept = sum(count / (fleet[name].partition or 1) for name, count in slots)
    return kept * (known.spec.checkpoint or 0.0) / 2.0 / HOUR_S


def _blocks(built: Diagram, server: Group | None, known: AvailabilityPlan) -> Iterator[dict[str, object]]:
    """A row for each block: by itself, and what servers feel of it."""
    felt = contributions(built)
    for side, blocks in (("supply", built.supply), ("path", built.path), ("cooling", built.cooling)):
        for block in blocks:
            paths = built.paths if side == "path" else 1
            yield _row(side, block.name, block.group, felt[block.name], paths, known.recovery_s)
        if side == "supply":
            yield from _standing_by(built, known.facility)
    if server is not None:
        yield _row("server", "power supplies", server, of_group(server), 1, 0.0)


def _standing_by(built: Diagram, facility: Facility) -> Iterator[dict[str, object]]:
    """Generators and batteries, which cost no time by themselves: with what chance they do not carry the servers."""
    standby, ups = built.standby, facility.power.ups
    chances = working(standby.generators, standby.start_probability, standby.common)
    nothing = {"failures_per_year": 0.0, "minutes_per_year": 0.0}
    if standby.generators:
        units = {"needed": standby.needed, "installed": standby.generators, "paths": 1}
        missing = float(chances[: standby.needed].sum())
        yield {"side": "standby", "block": "generators", "own_share": missing} | units | nothing
    units = {"needed": ups.modules, "installed": installed(ups.modules, ups.redundancy), "paths": built.paths}
    yield {"side": "standby", "block": "batteries", "own_share": 1.0 - standby.battery_ready} | units | nothing


def _row(side: str, name: str, group: Group, felt: Downtime, paths: int, recovery_s: float) -> dict[str, object]:
    lost_s = felt.share + felt.per_s * recovery_s
    return {
        "side": side,
        "block": name,
        "needed": group.needed,
        "installed": group.installed,
        "paths": paths,
        "own_share": of_group(group).share,
        "failures_per_year": felt.per_s * YEAR_S,
        "minutes_per_year": lost_s * YEAR_S / MINUTE_S,
    }
