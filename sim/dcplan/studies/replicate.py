"""All replications of a scenario as one run.

Replications run in threads: nearly all time is spent in compiled kernels and numpy, which let go of the interpreter
lock, and threads share the compiled code, the profiles and the weather. Results are gathered in the order of the
replications, so the number of workers does not change a byte. Each finished replication is kept in `parts/` until the
run is whole, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import os
import platform
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.engine.serving import make_ready
from dcplan.kpis.compute import compute
from dcplan.kpis.limits import limits
from dcplan.kpis.overheating import overheating
from dcplan.kpis.warnings import warnings
from dcplan.results import store
from dcplan.results.store import Run, frame, joined
from dcplan.scenario import source
from dcplan.scenario.scenario import Scenario

Progress = Callable[[int, float], None]
"""Told a replication and the share of it that is done, 0..1."""

LIBRARIES = ("dcplan", "numba", "numpy", "pandas", "scipy", "simpy")


class _StoppedError(Exception):
    """Raised inside a replication to end it early."""


def replicate(
    plan: Plan, workers: int | None = None, progress: Progress | None = None, base: Path | None = None
) -> Run:
    """Run every replication of *plan* and compute its KPIs.

    Args:
        plan: What to run.
        workers: Replications at a time; as many as there are cores unless said otherwise.
        progress: Told how far each replication is.
        base: Folder below which the run is kept and written; nothing is written without it.
    """
    scenario = plan.scenario
    parts = None if base is None else folder(plan, base) / "parts"
    stop = threading.Event()

    def one(number: int) -> dict[str, pd.DataFrame]:
        def report(share: float) -> None:
            if stop.is_set():
                raise _StoppedError
            if progress is not None:
                progress(number, share)

        kept = None if parts is None else parts / str(number)
        if kept is not None and kept.is_dir():
            tables = store.read_tables(kept)
        else:
            tables = simulate(plan, number, report)
            if kept is not None:
                store.write_tables(tables, kept)
        report(1.0)
        return tables

    make_ready(plan)
    count = min(scenario.replications, workers or os.cpu_count() or 1)
    with ThreadPoolExecutor(max_workers=count) as pool:
        futures = [pool.submit(one, number) for number in range(scenario.replications)]
        try:
            tables = joined(future.result() for future in futures)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    run = _summed_up(plan, tables)
    if parts is not None and base is not None:
        store.write(run, folder(plan, base))
        shutil.rmtree(parts)
    return run


def folder(plan: Plan, base: Path) -> Path:
    """Where the run of *plan* is kept below *base*: the same scenario, seed and versions, the same folder."""
    scenario = plan.scenario
    return base / store.slug(scenario.name) / store.run_id(scenario_text(scenario), manifest(plan))


def scenario_text(scenario: Scenario) -> str:
    """The scenario with every default written out, as YAML that runs."""
    return source.text(scenario.model_dump(mode="json", exclude_none=True))


def manifest(plan: Plan) -> dict[str, object]:
    """What is needed to do the run again; nothing that changes from one time to the next."""
    return {
        "schema": 1,
        "seed": plan.scenario.seed,
        "replications": plan.scenario.replications,
        "python": platform.python_version(),
        "versions": {library: version(library) for library in LIBRARIES},
        "inputs": plan.fingerprint,
    }


def _summed_up(plan: Plan, tables: dict[str, pd.DataFrame]) -> Run:
    scenario = plan.scenario
    tables["assumptions"] = frame("assumptions", plan.assumptions)
    kpis = compute(scenario, tables)
    if (courses := overheating(scenario, tables.get("site"))) is not None:
        tables["overheating"] = courses
    tables["limits"] = limits(scenario, kpis["kpis"])
    tables["warnings"] = warnings(scenario, tables, kpis["kpis"])
    kpis["warnings"] = tables["warnings"]["message"].to_list()
    return Run(scenario_text(scenario), manifest(plan), kpis, tables)
