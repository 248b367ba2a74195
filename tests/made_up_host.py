"""A verification that never happened: the content of a `host.json`, on a quiet machine or on a contended one."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

GRID = [*np.linspace(0.0, 0.98, 50), 0.985, 0.99, 0.995, 0.999]
METRICS = {"mean": "s", "p50": "s", "p95": "s", "p99": "s", "throughput": "1/s", "batch": "1", "cpu": "s"}
TARGETS = {"mean": 0.05, "p50": 0.05, "p99": 0.1, "throughput": 0.02}
RULES = ((1, 0.0), (4, 0.005), (8, 0.02))
WAYS, KINDS, LOADS = ("in process", "http"), ("poisson", "bursty"), (0.3, 0.6, 0.8, 0.95)
CONTENDED = "others or the hypervisor took CPU time in 12 of 12 runs"


def quiet(**changed: Any) -> dict[str, Any]:
    """48 runs, each measured twice, predicted within a few per cent."""
    return made_up(KINDS, LOADS, repeats=2, size=0.03, contended="") | changed


def busy(repeats: int = 1, **changed: Any) -> dict[str, Any]:
    """12 runs of a quick verification that are far off."""
    return made_up(KINDS[:1], (0.3, 0.8), repeats=repeats, size=0.8, contended=CONTENDED) | changed


def written(document: dict[str, Any], folder: Path) -> Path:
    """*folder*, with *document* in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "host.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def made_up(
    kinds: tuple[str, ...], loads: tuple[float, ...], repeats: int, size: float, contended: str
) -> dict[str, Any]:
    """A document with errors of about *size* in latency, none in the size of batches."""
    random = np.random.default_rng(5)
    cases = [
        _case(way, rule, kind, load, repeats, size, random)
        for way, rule, kind, load in product(WAYS, RULES, kinds, loads)
    ]
    return {
        "schema": 1,
        "workload": "cnn-cifar10",
        "samples_per_request": 8,
        "threads": 1,
        "mode": "full" if repeats > 1 and not contended else "quick",
        "began": "2026-11-23T21:30:46+00:00",
        "counted_s": {"warm_up_s": 1.0, "horizon_s": 13.0},
        "repeats": repeats,
        "sku": "epyc-2-vcpu",
        "hardware": {"cpu_model": "AMD EPYC", "logical_cpus": 2, "hypervisor": True, "ram_bytes": 25274793984},
        "software": {"python": "3.11.7", "dcplan": "0.1.0", "torch": "2.13.0+cpu", "mosec": "0.9.8"},
        "targets": TARGETS,
        "contended": contended,
        "grid": [float(level) for level in GRID],
        "metrics": METRICS,
        "judgements": [_judgement(metric, cases, bool(contended)) for metric in METRICS],
        "cases": cases,
    }


def _case(
    way: str, rule: tuple[int, float], kind: str, load: float, repeats: int, size: float, random: np.random.Generator
) -> dict[str, Any]:
    service_s, spread = 0.003 * rule[0] ** 0.8 + rule[1] + 0.001 * (way == "http"), 0.3 / (1.05 - load)
    curve_s = [service_s * (1 - spread * np.log(1 - 0.98 * level) * 0.4) for level in GRID]
    worse = (3.0 if load > 0.9 else 1.0) * (1.4 if kind == "bursty" else 1.0)
    factors = np.exp(size * worse * random.standard_normal() + 0.3 * size * random.standard_normal(repeats))
    predicted = {
        "mean": float(np.mean(curve_s)),
        **{
            name: float(np.interp(level, GRID, curve_s)) for name, level in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        },
        "throughput": 300.0 * load,
        "batch": 1.0 + (rule[0] - 1) * load,
        "cpu": 12.0 * load,
    }
    measured = [{name: value * _off(name, float(factor)) for name, value in predicted.items()} for factor in factors]
    means = {name: float(np.mean([each[name] for each in measured])) for name in METRICS}
    low, high = ({name: value * side for name, value in predicted.items()} for side in (0.95, 1.06))
    return {
        "name": f"{way.replace(' ', '-')}_{kind}_batch{rule[0]}_load{100 * load:.0f}",
        "case": {"way": way, "rule": {"max_batch": rule[0], "max_delay_s": rule[1]}, "kind": kind, "load": load},
        "rate": 300.0 * load,
        "value": predicted,
        "low": low,
        "high": high,
        "quantile_s": curve_s,
        "judged": load < 0.9,
        "measured": measured,
        "measured_quantile_s": [value_s * float(factors[0]) for value_s in curve_s],
        "error": {name: predicted[name] / means[name] - 1 for name in METRICS},
        "inside": {
            name: float(np.mean([low[name] <= each[name] <= high[name] for each in measured])) for name in METRICS
        },
        "repeatability": {name: _apart([each[name] for each in measured]) for name in METRICS},
        "others_percent": [1.2] * repeats,
        "steal_percent": [0.1] * repeats,
        "unanswered": 0,
        "late_p99_s": 0.0002,
    }


def _off(metric: str, factor: float) -> float:
    """How far a metric is off where latency is off by *factor*."""
    return {"batch": 1.0, "throughput": factor**-0.1, "cpu": factor**0.5}.get(metric, factor)


def _apart(values: list[float]) -> float | None:
    return (max(values) - min(values)) / float(np.mean(values)) if len(values) > 1 else None


def _judgement(metric: str, cases: list[dict[str, Any]], contended: bool) -> dict[str, Any]:
    judged = [case for case in cases if case["judged"]]
    error = float(np.median([abs(case["error"][metric]) for case in judged]))
    repeats = [case["repeatability"][metric] for case in judged]
    repeatability = None if None in repeats else float(np.median(repeats))
    target = TARGETS.get(metric)
    if target is not None and contended and repeatability is not None:
        target = max(target, repeatability)
    return {
        "metric": metric,
        "error": error,
        "target": target,
        "repeatability": repeatability,
        "inside": float(np.mean([case["inside"][metric] for case in judged])),
        "cases": len(judged),
        "ok": target is None or error <= target,
    }
