"""Energy of one GPU over a window, from its counter, checked against the power that was polled meanwhile."""

from __future__ import annotations

import math

from dcplan.profiling.meters.protocol import Energy, unknown
from dcplan.profiling.meters.trace import Trace

TICK_S = 0.1
"""The counter moves about this often [s]."""
ACCURACY = 0.05
"""Commonly quoted for NVIDIA's power sensors, and not verified here; relative [-]."""
LONGEST_GAP_S = 1.0
"""Power readings further apart than this do not tell the energy [s]."""
DISAGREEMENT = 0.05
"""Counter and polled power that differ by more are flagged; relative to the polled power [-]."""

INTEGRATED = "integrated"
"""The flag of a GPU that has no energy counter: its energy is the polled power over time."""


def used(name: str, counted_j: float, trace: Trace, begin_s: float, end_s: float) -> Energy:
    """Energy of the GPU *name* from *begin_s* to *end_s*.

    A counter that went backwards has wrapped or was reset with the driver. NVML does not say where it wraps, so what
    was used is not known then. A sensor that reads 0 W all the time is broken or hidden, and so is what it feeds.

    Args:
        name: For the flags, e.g. "gpu 0".
        counted_j: How far the energy counter moved [J]; NaN if there is none.
        trace: Polled power [W] over `time.monotonic` [s].
        begin_s: Begin of the window [s].
        end_s: End of the window [s].
    """
    polled = trace.longest_gap_s(begin_s, end_s) <= LONGEST_GAP_S
    polled_w = trace.around(begin_s, end_s).values
    if polled and not polled_w.any():
        return unknown("nvml", f"{name}: sensor reads 0 W throughout")
    if counted_j < 0:
        return unknown("nvml", f"{name}: energy counter went backwards (it wrapped, or the driver was reset)")
    if counted_j == 0:
        return unknown("nvml", f"{name}: energy counter did not advance")
    polled_j = trace.area(begin_s, end_s).joules if polled else math.nan
    peak_w = float(polled_w.max(initial=0.0))
    if not math.isnan(counted_j):
        return _checked(counted_j, polled_j, _slack_j(counted_j, peak_w, end_s - begin_s))
    if not polled:
        return unknown("nvml", f"{name}: no energy counter, and power was not polled throughout")
    return _within(polled_j, _slack_j(polled_j, peak_w, end_s - begin_s), (INTEGRATED,))


def _checked(counted_j: float, polled_j: float, slack_j: float) -> Energy:
    """The counter's energy, flagged if polled power does not confirm it; the range then covers both."""
    if math.isnan(polled_j):
        return _within(counted_j, slack_j, ("not cross-checked: power was not polled throughout",))
    difference = counted_j / polled_j - 1
    if abs(difference) <= DISAGREEMENT:
        return _within(counted_j, slack_j)
    flags = (f"counter and polled power differ by {100 * difference:+.0f} %",)
    alone = _within(counted_j, slack_j)
    low_j, high_j = alone.low_j or 0.0, alone.high_j or 0.0
    return Energy(counted_j, min(low_j, polled_j), max(high_j, polled_j), "nvml", flags)


def _within(joules: float, slack_j: float, flags: tuple[str, ...] = ()) -> Energy:
    low_j = max(0.0, joules - slack_j) * (1 - ACCURACY)
    return Energy(joules, low_j, (joules + slack_j) * (1 + ACCURACY), "nvml", flags)


def _slack_j(joules: float, peak_w: float, elapsed_s: float) -> float:
    """A tick of the counter, at the highest power seen [J]: it may lag by one at either end of the window."""
    return TICK_S * max(peak_w, joules / elapsed_s)
