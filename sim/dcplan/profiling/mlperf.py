"""The results in MLPerf's words: SingleStream, MultiStream and Offline, read off the measured points.

These are not MLPerf results: the models are not MLPerf's, nobody has reviewed them, and no run lasts the 600 s that a
result must; `duration_met` says so. The Server scenario is left to `dcplan verify host`, which predicts it first.

Reference: MLCommons, "MLPerf Inference Rules" (inference_rules.adoc), scenarios and early stopping.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dcplan.profiling.point import Variant
from dcplan.profiling.summary import Summary

OFFLINE_SAMPLES = 24_576
"""Fewest samples of an Offline run."""
MULTI_STREAM = 8
"""Samples in a query of MultiStream."""


def scenarios(summaries: Iterable[Summary], variant: Variant) -> dict[str, dict[str, Any]]:
    """Scenario -> its metric at the points of *variant*; without those whose points were not measured."""
    infer = [one for one in summaries if one.key.task == "infer" and one.key.variant == variant and not one.key.idle_s]
    single = [one for one in infer if one.key.batch == 1]
    multi = [one for one in infer if one.key.batch == MULTI_STREAM]
    best = sorted(infer, key=lambda one: one.key.batch / one.time_s.mean)
    found = {}
    if single:
        found["single_stream"] = _latency(single[-1], "p90")
    if multi:
        found["multi_stream"] = _latency(multi[-1], "p99")
    if best:
        found["offline"] = _offline(best[-1])
    return found


def _latency(summary: Summary, name: str) -> dict[str, Any]:
    return {
        "batch": summary.key.batch,
        "tokens": summary.key.tokens,
        f"{name}_s": summary.percentiles_s[name][0] if name in summary.percentiles_s else None,
        f"{name}_early_stopping_s": summary.early_stopping_s.get(name),
        "calls": summary.calls,
        "duration_met": False,
        "verdict": summary.verdict,
    }


def _offline(summary: Summary) -> dict[str, Any]:
    samples = summary.calls * summary.key.samples
    return {
        "batch": summary.key.batch,
        "tokens": summary.key.tokens,
        "samples_per_s": summary.key.samples / summary.time_s.mean,
        "samples": samples,
        "samples_met": samples >= OFFLINE_SAMPLES,
        "duration_met": False,
        "verdict": summary.verdict,
    }
