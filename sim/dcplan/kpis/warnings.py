"""What a reader should know before trusting a run's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dcplan.kpis.compute import HOUR_S
from dcplan.results.store import Tables, frame
from dcplan.scenario.scenario import Scenario

Warned = Iterator[tuple[str, int]]

SATURATED = 0.98
"""Utilisation above which a queue's mean no longer settles within any horizon."""


def warnings(scenario: Scenario, tables: Tables, kpis: dict[str, Any]) -> pd.DataFrame:
    """The table `warnings`: each sentence once, with how often it happened."""
    rows = [
        {"message": message, "count": count}
        for source in (_endpoints(scenario, kpis), _training(scenario, tables), _site(tables), _sources(tables))
        for message, count in source
    ]
    if scenario.replications == 1:
        message = "One replication only: no number has a confidence interval; use --replications 5 or more."
        rows.append({"message": message, "count": 1})
    return frame("warnings", rows)


def _endpoints(scenario: Scenario, kpis: dict[str, Any]) -> Warned:
    for name, spec in scenario.endpoints.items():
        value = {key: kpi["value"] for key, kpi in kpis.items() if key.startswith(f"endpoints.{name}.")}
        if value[f"endpoints.{name}.utilisation"] > SATURATED:
            yield (
                f"Endpoint {name} is overloaded: its queue grows as long as the run lasts, so its latency means nothing.",
                1,
            )
        if dropped := value[f"endpoints.{name}.dropped"]:
            yield f"Endpoint {name} drops requests because its queue is limited (mean per replication).", round(dropped)
        attained = value.get(f"endpoints.{name}.slo_attainment")
        if spec.slo is not None and attained is not None and attained < spec.slo.share:
            sentence = (
                f"Endpoint {name} misses its promise: {attained:.2%} of the requests are answered within "
                f"{spec.slo.latency_s:g} s, {spec.slo.share:.0%} were promised."
            )
            yield sentence, 1


def _training(scenario: Scenario, tables: Tables) -> Warned:
    for name in scenario.training:
        jobs = tables["jobs"][tables["jobs"]["queue"] == name]
        left = int(jobs["end_s"].isna().sum())
        if left:
            yield f"Training queue {name}: jobs that had not finished at the end of the run (all replications).", left


def _site(tables: Tables) -> Warned:
    if "site" not in tables:
        return
    site = tables["site"]
    for mask, message in (
        (site["shortfall_w"] > 0, "The plant cannot remove all heat; the room would warm, which is not simulated yet (hours)."),
        (site["over_limit"], "A rating of the power chain or the plant is exceeded; nothing is switched off in the simulation (hours)."),
        (site["redundancy_lost"], "The load needs the spare UPS module or chiller, so a failure would cut it (hours)."),
        (site["extrapolated"], "A curve of the building is used outside its data (hours, all replications)."),
    ):  # fmt: skip
        hours = float(site["duration_s"][mask].sum()) / HOUR_S
        if hours > 0:
            yield message, max(1, round(hours))


def _sources(tables: Tables) -> Warned:
    assumptions = tables["assumptions"]
    unread = int((~assumptions["verified"]).sum())
    if unread:
        yield "Assumptions whose primary source nobody has read; they are marked in the table of assumptions.", unread
