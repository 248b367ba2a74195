"""What `host.json` says: runs of a real server that were predicted, then measured, and the verdict on the errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.errors import InputError
from dcplan.report.numbers import given

FloatArray = NDArray[np.float64]

FILE = "host.json"
LABELS = {
    "mean": "mean latency",
    "p50": "p50 latency",
    "p95": "p95 latency",
    "p99": "p99 latency",
    "throughput": "throughput",
    "batch": "mean batch",
    "cpu": "CPU time",
    "energy": "energy",
}
"""What the metrics are called."""
UNITS = {"1": "-"}
"""Units of the file that are shown by another name."""
WAYS = {"in process": "in process", "http": "over HTTP"}
KINDS = {"poisson": "Poisson arrivals", "bursty": "bursty arrivals"}


@dataclass(frozen=True)
class Case:
    """One run, as it was predicted and as it was measured.

    Attributes:
        way: How it was served, a key of `WAYS`.
        max_batch: Most requests in a batch.
        max_delay_s: How long a request waits for a fuller batch [s].
        kind: How requests came, a key of `KINDS`.
        load: Requests over those that could be served at most [-].
        judged: Whether its errors count, or are only shown.
        value, low, high: Metric -> what was predicted, and bounds of the middle 95 % of replications; means over the
            measurements, of which each was predicted by itself.
        measurements: Metric -> value, one for each time that it was measured.
        error: Metric -> predicted over measured, less one [-].
        inside: Metric -> share of the measurements that lay inside the interval predicted for them [-].
        repeatability: Metric -> largest less smallest measurement over their mean [-]; None of one measurement.
        quantile_s, measured_quantile_s: Latency at each level of the grid [s].
        others_percent, steal_percent: CPU time that others and the hypervisor took in each measurement [%].
    """

    way: str
    max_batch: int
    max_delay_s: float
    kind: str
    load: float
    judged: bool
    value: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    measurements: tuple[Mapping[str, float], ...]
    error: Mapping[str, float]
    inside: Mapping[str, float]
    repeatability: Mapping[str, float | None]
    quantile_s: FloatArray
    measured_quantile_s: FloatArray
    others_percent: tuple[float, ...]
    steal_percent: tuple[float, ...]

    def measured(self, metric: str) -> float:
        """Mean over the measurements."""
        return float(np.mean([each[metric] for each in self.measurements]))

    def reach(self, metric: str) -> tuple[float, float]:
        """Smallest and largest measurement."""
        values = [each[metric] for each in self.measurements]
        return min(values), max(values)

    @property
    def rule(self) -> tuple[int, float]:
        """Most requests in a batch, and how long one waits for others [s]."""
        return self.max_batch, self.max_delay_s

    @property
    def name(self) -> str:
        """What it is called in tables and hover texts."""
        return f"{named(WAYS, self.way)}, {rule_name(self.rule)}, {named(KINDS, self.kind)}, {self.load_name}"

    @property
    def load_name(self) -> str:
        """Its load in per cent."""
        return f"{100 * self.load:g} % load"


@dataclass(frozen=True)
class Judgement:
    """The verdict on a metric over all judged runs.

    Attributes:
        metric: A key of `LABELS`.
        error: Median absolute error [-].
        target: Most that it may be [-]; None if nothing was asked.
        asked: The same on a quiet machine [-]; *target* is larger where a contended one repeats itself worse.
        repeatability: Median difference between measurements of the same run [-]; None if measured once.
        inside: Share of the runs that were measured inside their predicted interval [-].
        cases: How many runs were judged.
        ok: Whether the error is within *target*.
    """

    metric: str
    error: float
    target: float | None
    asked: float | None
    repeatability: float | None
    inside: float
    cases: int
    ok: bool

    @property
    def label(self) -> str:
        """The metric in words."""
        return named(LABELS, self.metric)

    @property
    def relaxed(self) -> bool:
        """Whether it is judged against how well the machine repeats itself, which is worse than what is asked."""
        return self.target is not None and self.asked is not None and self.target > self.asked


@dataclass(frozen=True)
class Most:
    """The most requests per second that a way of serving takes within a promise (MLPerf's Server scenario).

    Attributes:
        way: How it was served, a key of `WAYS`.
        rule: Most requests in a batch, and how long one waits for others [s].
        slo_s: Latency that 99 of 100 requests must keep [s].
        predicted, measured: The highest rate that kept it (0 if none did), and the lowest that broke it [1/s]; None if
            none did.
    """

    way: str
    rule: tuple[int, float]
    slo_s: float
    predicted: tuple[float, float | None]
    measured: tuple[float, float | None]

    @property
    def error(self) -> float | None:
        """Middle of the predicted rates over that of the measured ones, less one [-]; None if an end is not known."""
        (low, high), (least, most) = self.predicted, self.measured
        if high is None or most is None or not least:
            return None
        return (low + high) / (least + most) - 1.0


@dataclass(frozen=True)
class Host:
    """Everything that `host.json` holds; `document` is the file as it is, for facts that are only shown."""

    document: Mapping[str, Any]
    grid: FloatArray
    judgements: tuple[Judgement, ...]
    cases: tuple[Case, ...]
    contended: str
    repeats: int
    server_scenario: tuple[Most, ...] = ()

    @property
    def quick(self) -> bool:
        """Whether the short way was taken."""
        return self.document.get("mode") == "quick"

    @property
    def judged(self) -> tuple[Case, ...]:
        """The runs whose errors count."""
        return tuple(case for case in self.cases if case.judged)

    @property
    def targeted(self) -> tuple[Judgement, ...]:
        """The verdicts on metrics that have a target."""
        return tuple(one for one in self.judgements if one.target is not None)

    def part(self, name: str) -> Mapping[str, Any]:
        """A part of the document; empty if it has none."""
        found = self.document.get(name)
        return found if isinstance(found, Mapping) else {}

    def unit(self, metric: str) -> str:
        """The unit of *metric* as `dcplan.report.numbers` knows it."""
        unit = str(self.part("metrics").get(metric, "1"))
        return UNITS.get(unit, unit)


def read(folder: Path) -> Host:
    """What `host.json` in *folder* says.

    Raise an InputError if there is none, or if it is something else.
    """
    path = folder / FILE
    try:
        return of(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}", "name a folder of `dcplan verify host`"
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: is no result of `dcplan verify host`: {error!r}") from error


def of(document: Mapping[str, Any]) -> Host:
    """What *document*, the content of `host.json`, says."""
    targets = document.get("targets", {})
    return Host(
        document,
        np.asarray(document["grid"], dtype=np.float64),
        tuple(Judgement(**{**one, "asked": targets.get(one["metric"])}) for one in document["judgements"]),
        tuple(_case(one) for one in document["cases"]),
        str(document.get("contended", "")),
        int(document.get("repeats", 1)),
        tuple(_most(one) for one in document.get("server_scenario", ())),
    )


def _most(entry: Mapping[str, Any]) -> Most:
    rule = int(entry["rule"]["max_batch"]), float(entry["rule"]["max_delay_s"])
    predicted, measured = ((float(low), high) for low, high in (entry["predicted"], entry["measured"]))
    return Most(str(entry["way"]), rule, float(entry["slo_s"]), predicted, measured)


def _case(entry: Mapping[str, Any]) -> Case:
    about = entry["case"]
    same = {name: entry[name] for name in ("judged", "value", "low", "high", "error", "inside", "repeatability")}
    return Case(
        way=str(about["way"]),
        max_batch=int(about["rule"]["max_batch"]),
        max_delay_s=float(about["rule"]["max_delay_s"]),
        kind=str(about["kind"]),
        load=float(about["load"]),
        measurements=tuple(entry["measured"]),
        quantile_s=np.asarray(entry["quantile_s"], dtype=np.float64),
        measured_quantile_s=np.asarray(entry["measured_quantile_s"], dtype=np.float64),
        others_percent=tuple(entry.get("others_percent", ())),
        steal_percent=tuple(entry.get("steal_percent", ())),
        **same,
    )


def named(names: Mapping[str, str], key: str) -> str:
    """The name of *key*; *key* itself if it has none."""
    return names.get(key, key)


def rule_name(rule: tuple[int, float]) -> str:
    """A batching rule in words.

    >>> rule_name((1, 0.0)), rule_name((4, 0.005))
    ('no batching', 'batches of up to 4 after 5 ms')
    """
    max_batch, max_delay_s = rule
    return "no batching" if max_batch == 1 else f"batches of up to {max_batch} after {given(max_delay_s, 's')}"


def distinct(values: Iterable[Any]) -> list[Any]:
    """*values* without repetition, in the order in which they come first."""
    return list(dict.fromkeys(values))
