"""Which figures a run has, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.report.course import POINTS
from dcplan.report.facts import Facts, facts, with_trips
from dcplan.report.figures import (
    availability,
    bill,
    cache,
    capping,
    carbon,
    classes,
    dispatch,
    energy,
    generation,
    incident,
    latency,
    load,
    money,
    overheating,
    per_request,
    plant,
    power,
    power_path,
    psychrometric,
    rush,
    stays,
    training,
)  # fmt: skip
from dcplan.report.frame import Chart, Section
from dcplan.report.ownership import ownership_section
from dcplan.report.summary import Kpis, names, number
from dcplan.report.tables import bill_html, owners_html
from dcplan.report.tiers import tiers_html
from dcplan.results.store import Run

FEWEST_POINTS = 120
OF_AN_ENDPOINT = (
    "latency",
    "endpoints",
    "batches",
    "classes",
    "token_latency",
    "generation",
    "scaling",
    "limits",
    "pools",
    "cache",
)
"""Tables with rows for each endpoint."""


def sections(run: Run) -> list[Section]:
    """All sections of *run* that have something to show."""
    known, kpis = facts(run), run.kpis["kpis"]
    answers = (*_pipelines(run, known, kpis), *_endpoints(run, known, kpis))
    parts = [
        *_energy(run, known),
        *_cooling(run, known),
        *_incidents(run, known),
        *_availability(run),
        *answers,
        *_training(run, known),
        *_money(run),
        *_carbon(run, known),
    ]
    return [part for part in parts if part.charts]


def _table(run: Run, name: str) -> pd.DataFrame | None:
    """A table of the run; None if it is missing or empty."""
    table = run.tables.get(name)
    return None if table is None or table.empty else table


def _energy(run: Run, known: Facts) -> Iterator[Section]:
    site, servers, attribution = (_table(run, name) for name in ("site", "servers", "attribution"))
    charts = []
    if attribution is not None:
        found = energy.flows(site, attribution)
        if found:
            charts.append(Chart(energy.energy_sankey(found), energy.energy_bars(found)))
    built = site is not None and "pue" in run.kpis["kpis"]
    if built and site is not None and servers is not None:
        figures = (power_path.power_path_figure(site, servers, narrow=narrow) for narrow in (False, True))
        charts += _pair(*figures)
    if built and site is not None:
        charts.append(Chart(power.power_over_time(site, known.start, known.horizon_s, known.utility_limit_w)))
        charts += _chart(dispatch.dispatch_figure(site, _table(run, "dispatch"), known))
    elif servers is not None:
        charts.append(Chart(power.server_power_over_time(servers, known.start, known.horizon_s)))
    if (caps := _table(run, "capping")) is not None:
        charts += _chart(capping.capping_figure(caps, known.start, known.horizon_s))
    yield Section("Energy and power", tuple(charts))


def _cooling(run: Run, known: Facts) -> Iterator[Section]:
    site = _table(run, "site")
    if site is None or "pue" not in run.kpis["kpis"]:
        return
    charts = [
        *_chart(plant.mode_figure(site, known.start, known.horizon_s)),
        *_pair(plant.pue_figure(site), plant.pue_figure(site, narrow=True)),
        *_chart(plant.year_figure(site, known.start, known.horizon_s)),
        *_chart(psychrometric.psychrometric_figure(site, known.ashrae_class)),
    ]
    yield Section("Cooling and weather", tuple(charts))


def _incidents(run: Run, known: Facts) -> Iterator[Section]:
    room, endpoints, tails, courses = (_table(run, name) for name in ("room", "endpoints", "tails", "overheating"))
    charts = []
    if room is not None and endpoints is not None and tails is not None:
        told = with_trips(known, _table(run, "trips"))
        charts.append(Chart(incident.incident_figure(room, endpoints, tails, told)))
    if courses is not None:
        charts.append(Chart(overheating.overheating_figure(courses)))
    yield Section("When cooling fails", tuple(charts))


def _availability(run: Run) -> Iterator[Section]:
    blocks, whole, years, tiers = (
        _table(run, name) for name in ("availability_blocks", "availability", "availability_years", "tiers")
    )
    if blocks is None or whole is None or years is None or tiers is None:
        return
    diagrams = (availability.block_diagram(blocks, whole, narrow=narrow) for narrow in (False, True))
    charts = (*_pair(*diagrams), *_chart(availability.years_figure(years, whole)))
    yield Section("Availability", charts, tiers_html(tiers))


def _pipelines(run: Run, known: Facts, kpis: Kpis) -> Iterator[Section]:
    for name in names(kpis, "pipelines"):
        spread, staying = (_of(run, table, "pipeline", name) for table in ("pipeline_latency", "stays"))
        mean_s = number(kpis, f"pipelines.{name}.latency_mean_s")
        if spread is None or staying is None or mean_s is None:
            continue
        promise, attained = known.pipeline_promises.get(name), number(kpis, f"pipelines.{name}.slo_attainment")
        marks_s = _marks(kpis, f"pipelines.{name}.")
        charts = (
            Chart(latency.latency_figure(name, spread, marks_s, promise, attained)),
            Chart(stays.stays_figure(name, staying, mean_s)),
        )
        yield Section(f"Pipeline {name}", charts)


def _marks(kpis: Kpis, prefix: str) -> dict[str, float]:
    """p50, p95 and p99 as far as there are any [s]."""
    marks = {label: number(kpis, f"{prefix}latency_{label}_s") for label in ("p50", "p95", "p99")}
    return {label: value for label, value in marks.items() if value is not None}


def _endpoints(run: Run, known: Facts, kpis: Kpis) -> Iterator[Section]:
    found = names(kpis, "endpoints")
    points = int(np.clip(3 * POINTS // max(1, len(found)), FEWEST_POINTS, POINTS))
    for name in found:
        of = {table: _of(run, table, "endpoint", name) for table in OF_AN_ENDPOINT}
        charts = []
        if of["latency"] is not None:
            marks_s = _marks(kpis, f"endpoints.{name}.")
            promise, several = known.promises.get(name), known.several_promises(name)
            attained = number(kpis, f"endpoints.{name}.slo_attainment")
            charts.append(Chart(latency.latency_figure(name, of["latency"], marks_s, promise, attained, several)))
        if of["token_latency"] is not None:
            p99_s = {
                measure: value
                for measure in generation.MEASURES
                if (value := number(kpis, f"endpoints.{name}.{measure}_p99_s")) is not None
            }
            kept = number(kpis, f"endpoints.{name}.slo_attainment")
            promised_s = known.token_promises_s.get(name, {})
            charts.append(Chart(generation.token_figure(name, of["token_latency"], p99_s, promised_s, kept)))
        if of["generation"] is not None:
            charts.append(Chart(generation.tokens_figure(name, of["generation"], known.start, known.horizon_s, points)))
        if of["cache"] is not None:
            kind = known.caches.get(name, "")
            charts.append(Chart(cache.cache_figure(name, of["cache"], kind, known.start, known.horizon_s, points)))
        if marks_of := _marks_of_classes(kpis, name):
            promised = known.class_promises.get(name, {})
            attained_by = {
                label: share
                for label in promised
                if (share := number(kpis, f"endpoints.{name}.classes.{label}.slo_attainment")) is not None
            }
            lost = {
                label: (number(kpis, f"endpoints.{name}.classes.{label}.dropped") or 0.0)
                / (number(kpis, f"endpoints.{name}.classes.{label}.requests") or 1.0)
                for label in marks_of
            }
            charts.append(Chart(classes.class_figure(name, marks_of, promised, attained_by, lost)))
        if of["classes"] is not None and of["classes"][list(classes.CAUSES)].any(axis=None):
            charts.append(Chart(classes.attempts_figure(name, of["classes"], known.start, known.horizon_s, points)))
        if of["endpoints"] is not None:
            replicas = known.replicas.get(name)
            charts += _chart(rush.rush_figure(name, of["endpoints"], known.start))
            figure = load.load_figure(
                name, of["endpoints"], replicas, known.start, known.horizon_s, points, of["scaling"]
            )
            charts.append(Chart(figure))
            owned = _of(run, "attribution", "owner", f"endpoint {name}")
            if owned is not None and "time_s" in owned:  # runs of older versions have sums only
                charts += _chart(per_request.per_request_figure(name, of["endpoints"], owned))
        if of["pools"] is not None:
            charts.append(Chart(load.pools_figure(name, of["pools"], known.start, known.horizon_s, points)))
        most = known.max_batch.get(name, 1)
        if of["batches"] is not None and most > 1:
            charts.append(Chart(latency.batch_figure(name, of["batches"], most)))
        limited = of["limits"]
        lead = "" if limited is None else f"What limits it. {limited['message'].iloc[0]}"
        yield Section(f"Endpoint {name}", tuple(charts), lead=lead)


def _chart(figure: go.Figure | None) -> list[Chart]:
    """A chart, if there is a figure for it."""
    return [] if figure is None else [Chart(figure)]


def _pair(wide: go.Figure | None, narrow: go.Figure | None) -> list[Chart]:
    """A chart with a drawing of its own for small screens, if there is a figure for it."""
    return [] if wide is None else [Chart(wide, narrow)]


def _marks_of_classes(kpis: Kpis, name: str) -> dict[str, dict[str, float]]:
    """p50, p95 and p99 of each class of an endpoint that answered anything [s]."""
    prefix = f"endpoints.{name}.classes."
    labels = dict.fromkeys(key.removeprefix(prefix).split(".")[0] for key in kpis if key.startswith(prefix))
    found: dict[str, dict[str, float]] = {}
    for label in labels:
        if known := _marks(kpis, f"{prefix}{label}."):
            found[label] = known
    return found


def _of(run: Run, table: str, key: str, name: str) -> pd.DataFrame | None:
    """The rows of one endpoint or queue; None if there are none."""
    whole = _table(run, table)
    if whole is None:
        return None
    part = whole[whole[key] == name]
    return None if part.empty else part


def _training(run: Run, known: Facts) -> Iterator[Section]:
    jobs = _table(run, "jobs")
    if jobs is None:
        return
    for name in pd.unique(jobs["queue"]):
        part = jobs[jobs["queue"] == name]
        figure = training.jobs_figure(name, part, known.horizon_s, known.start)
        yield Section(f"Training queue {name}", (Chart(figure),))


def _carbon(run: Run, known: Facts) -> Iterator[Section]:
    emitted, site = (_table(run, name) for name in ("carbon", "site"))
    if emitted is not None and site is not None:
        charts = (
            *_pair(carbon.carbon_figure(emitted), carbon.carbon_figure(emitted, narrow=True)),
            *_chart(carbon.carbon_hours_figure(site, known.start)),
        )
        yield Section("Carbon", charts)


def _money(run: Run) -> Iterator[Section]:
    costs = _table(run, "costs")
    if costs is not None:
        chart = Chart(money.cost_waterfall(costs), money.cost_waterfall(costs, narrow=True))
        yield Section("Money", (chart,), owners_html(costs))
    lines, site = _table(run, "bill"), _table(run, "site")
    if lines is not None and site is not None:
        charts = (*_chart(bill.monthly_bill(lines)), Chart(bill.load_duration(site, lines)))
        yield Section("Electricity bill", charts, bill_html(lines))
    ownership, flows, devices = (_table(run, name) for name in ("ownership", "cash_flow", "devices"))
    if costs is not None and ownership is not None and flows is not None and devices is not None:
        yield ownership_section(costs, ownership, flows, devices, run.kpis["kpis"])
