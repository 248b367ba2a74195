"""Replicas that run slower than they were measured: hot, under a power cap, or at a lower clock.

Kernels know nothing of it: between two calls they are given other tables. A batch that is in service keeps the end that
it had; the next one follows the new tables. Power follows them from the same instant on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcplan.serving.generation_state import IDLE, PREFILL, GenerationRules, GenerationState
from dcplan.serving.histogram import FloatArray
from dcplan.serving.state import Rules


class Throttle(NamedTuple):
    """How a kind of hardware runs now.

    Attributes:
        longer: Service time over the measured one [-], [kinds of hardware], or [1] for all.
        power: Power of a busy replica above rest over the measured one [-], shape of *longer*.
    """

    longer: FloatArray
    power: FloatArray


def throttled(rules: Rules, throttle: Throttle) -> Rules:
    """*rules* under *throttle*; their tables hold one kind of hardware after the other."""
    longer, power = (np.repeat(factor, len(rules.service_s) // len(factor)) for factor in throttle)
    return rules._replace(
        service_s=rules.service_s * longer[:, None],
        pause_bends=rules.pause_bends * longer[:, None],
        power_w=rules.power_w * power,
    )


def throttled_generation(rules: GenerationRules, throttle: Throttle) -> GenerationRules:
    """*rules* under *throttle*: steps take as much longer; copies between memories take as long as before."""
    longer, power = float(throttle.longer[0]), float(throttle.power[0])
    return rules._replace(
        prefill_s=rules.prefill_s * longer,
        decode_s=rules.decode_s * longer,
        prefill_w=rules.prefill_w * power,
        decode_w=rules.decode_w * power,
    )


def begin_anew(rules: GenerationRules, state: GenerationState) -> None:
    """Let what has not begun yet follow the tables of *rules*: further decode steps, and those after a copy under way.

    Steps of the same sequences are counted from their first one (`generation_kernel._after_s`), to which other tables
    give another length; so they are counted from the end of the one under way.
    """
    for replica in np.flatnonzero(state.replica["phase"] != IDLE):
        rep = state.replica[replica]
        begun = rep["step_s"] <= rep["started_s"]  # which is now: up to here it has been accounted
        if rep["phase"] == PREFILL:
            if not begun:
                first, piece = rep["prefilled"], rep["piece"]
                taken_s = max(rules.prefill_s[first + piece] - rules.prefill_s[first], rules.prefill_s[piece])
                rep["ends_s"] = rep["step_s"] + taken_s
            continue
        row, mean = rules.decode_s[rep["running"]], rep["tokens"] / rep["running"]
        step_s = np.diff(np.interp([mean, mean + 1.0], np.arange(len(row)), row))[0]
        if not begun:
            rep["ends_s"] = rep["step_s"] + step_s
        rep["since_s"], rep["since_step"], rep["since_tokens"] = rep["ends_s"] - step_s, rep["steps"], rep["tokens"]
