"""What dcplan says will happen, written down before it does: the same loader, engine and KPIs as any run.

The scenario gets the very arrival times that the server will get, so that what is compared is the model of the server
and not the luck of the arrivals. What a request spends outside the worker is a stage after the endpoint: its time is
drawn from what was measured with a call that does nothing. A run is one draw of what can happen, and what can happen
is skewed: a slow spell at a high load makes a long queue. So what is predicted of a run is the middle one of many
replications, and the interval holds the middle 95 % of them, each with its own draws of service times, of slow spells,
and of the profile from its band.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from dcplan.engine.resolve import resolve
from dcplan.profiles.library import Library
from dcplan.scenario.load import load
from dcplan.serving.endpoint import Endpoint
from dcplan.studies.replicate import replicate
from dcplan.validation.bench import dynamic_batch
from dcplan.validation.host.as_profile import SKU
from dcplan.validation.host.cases import Case
from dcplan.validation.host.run import SEED
from dcplan.validation.host.schedule import Counted, FloatArray, Schedule
from dcplan.validation.host.service import Server

METRICS = {
    "mean": "s",
    "p50": "s",
    "p95": "s",
    "p99": "s",
    "throughput": "1/s",
    "batch": "1",
    "cpu": "s",
    "energy": "J",
}
"""What is predicted, and its unit.

`batch` is the mean size of a batch, `cpu` the CPU time of the worker, `energy` that of the whole machine, where it has
a meter.
"""
FILE = "prediction.json"
LEVELS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
DRAWS = 100_000
"""Requests drawn to add the overhead to the latencies of a replication."""


@dataclass(frozen=True)
class Prediction:
    """What is expected of a case.

    Attributes:
        case: Which.
        rate: Mean requests per second that were asked for [1/s].
        value: Metric -> median over replications, see `METRICS`.
        low, high: Metric -> bounds of the middle 95 % of replications.
        quantile_s: Latency at each of `GRID` [s], for the figure.
    """

    case: Case
    rate: float
    value: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    quantile_s: list[float]

    def as_json(self) -> dict[str, object]:
        """Plain data."""
        return {"name": self.case.name, **asdict(self)}

    def write(self, folder: Path) -> None:
        """Put it on disk, and the time."""
        document = {"written": datetime.now(UTC).isoformat(timespec="milliseconds"), **self.as_json()}
        (folder / FILE).write_text(json.dumps(document, indent=1), encoding="utf-8")


GRID = np.concatenate((np.linspace(0.0, 0.98, 50), [0.985, 0.99, 0.995, 0.999]))
"""Where distributions are compared [-]."""


def predict(
    case: Case,
    rate: float,
    schedule: Schedule,
    server: Server,
    counted: Counted,
    samples: int,
    folder: Path,
    replications: int,
) -> Prediction:
    """Simulate *case* with the profile in *folder*, and write scenario, arrivals and prediction there.

    Args:
        case: What is predicted.
        rate: Mean requests per second [1/s].
        schedule: The arrivals.
        server: What the way of serving adds to the call.
        counted: What part of the run counts.
        samples: Samples per request.
        folder: Holds `compute/` and `power/`, as `as_profile.write_profile` wrote them.
        replications: How often it is simulated.
    """
    pd.DataFrame({"time_s": schedule.arrival_s}).to_csv(folder / "arrivals.csv", index=False)
    path = folder / "scenario.yaml"
    path.write_text(
        yaml.safe_dump(scenario(case, server, counted, samples, replications), sort_keys=False), encoding="utf-8"
    )
    run = replicate(resolve(load(path), Library([folder])))
    rng = np.random.default_rng(SEED)
    tables = dict(tuple(run.tables["latency"].groupby("replication")))
    latency_s = [_with_overhead(table, server.overhead_s, rng) for table in tables.values()]
    served = run.tables["endpoints"].groupby("replication")[["served", "busy_s", "latency_s"]].sum()
    batches = run.tables["batches"]
    each = {
        "mean": list(served["latency_s"] / served["served"] + float(server.overhead_s.mean())),
        **{name: [float(np.quantile(values, level)) for values in latency_s] for name, level in LEVELS.items()},
        "throughput": list(served["served"] / (counted.horizon_s - counted.warm_up_s)),
        "batch": list(_mean_batch(batches)),
        "cpu": list(served["busy_s"] * server.cpu_share),
    }
    if server.draw is not None:
        duration_s = counted.horizon_s - counted.warm_up_s
        each["energy"] = [server.draw.joules(duration_s, float(busy_s)) for busy_s in served["busy_s"]]
    prediction = Prediction(
        case,
        rate,
        {name: float(np.median(values)) for name, values in each.items()},
        {name: float(np.quantile(values, 0.025)) for name, values in each.items()},
        {name: float(np.quantile(values, 0.975)) for name, values in each.items()},
        [float(value) for value in np.median([np.quantile(values, GRID) for values in latency_s], axis=0)],
    )
    prediction.write(folder)
    return prediction


def scenario(case: Case, server: Server, counted: Counted, samples: int, replications: int) -> dict[str, object]:
    """The case as a scenario file says it."""
    batching: dict[str, object] = {"max_batch": case.rule.max_batch, "max_delay": f"{server.delay_s:.9f} s"}
    if case.way == "http":
        batching["delay_from"] = "pickup"
    return {
        "name": case.name,
        "question": "How long do requests take on this machine, as it is?",
        "horizon": f"{counted.horizon_s} s",
        "warm_up": f"{counted.warm_up_s} s",
        "step": f"{counted.horizon_s} s",
        "replications": replications,
        "seed": SEED,
        "draw_profiles": True,
        "fleet": {"host": {"server": SKU, "count": 1}},
        "endpoints": {
            "server": {
                "workload": "cnn-cifar10",
                "on": "host",
                "replicas": 1,
                "samples_per_request": samples,
                "batching": batching,
                "demand": {"kind": "trace", "file": "arrivals.csv"},
            }
        },
    }


def _with_overhead(latency: pd.DataFrame, overhead_s: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Latencies drawn from a replication's histogram, each with an overhead [s]."""
    share = latency["count"].to_numpy(dtype=np.float64)
    place = rng.choice(len(share), DRAWS, p=share / share.sum())
    low_s, high_s = (latency[name].to_numpy()[place] for name in ("low_s", "high_s"))
    drawn = low_s + rng.random(DRAWS) * (high_s - low_s) + rng.choice(overhead_s, DRAWS)
    return np.asarray(drawn, dtype=np.float64)


def _mean_batch(batches: pd.DataFrame) -> pd.Series[float]:
    requests = (batches["size"] * batches["count"]).groupby(batches["replication"]).sum()
    return requests / batches.groupby("replication")["count"].sum()


def compile_kernel() -> None:
    """Compile the kernel, or load it: a prediction must not wait for that between a look at the machine and its run."""
    Endpoint.new(dynamic_batch.rules(), 1, False, iter(())).advance(1.0)
