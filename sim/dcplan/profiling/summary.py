"""One row per point: what a call takes, how sure that is, what it costs in CPU time and energy, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.measure import CALLS_PER_WINDOW, WINDOWS_NEEDED, Series, Window
from dcplan.profiling.meters.protocol import Energy, Mark, Meter
from dcplan.profiling.point import Key
from dcplan.profiling.statistics import (
    QUANTILES,
    Interval,
    batch_means,
    drift,
    early_stopping_index,
    percentile_bounds,
    t95,
)

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
"""Percentiles that are reported with bounds, or not at all where calls are too few."""

STABLE = 0.05
"""Largest half-width of the interval, and largest drift, of a stable point, relative to its mean [-]."""
GROSS = 0.25
"""From this relative half-width on there is no usable mean (torch.utils.benchmark calls such a spread gross) [-]."""

BREAK_S = 0.02
"""Windows further apart than this have something between them [s]: reading the clocks takes a millisecond or so."""

Bounds = tuple[float, float, float]
"""A percentile with its 95 % bounds [s]."""


@dataclass(frozen=True)
class Power:
    """What the meter saw while a point was measured.

    Attributes:
        power_w: Mean power over the windows with its interval [W], the device's or the machine's: see the meter.
        joules_per_sample: Energy per sample with its interval [J], idle power included.
        flags: What the meter had to say, and in how many windows.
    """

    power_w: Interval
    joules_per_sample: Interval
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """One row of a table: what a point takes, and how sure that is.

    Attributes:
        key: What was measured.
        time_s: Mean duration of a call [s].
        device_s: Mean time of a call on the accelerator alone [s]; None where the windows do not know it.
        calls, windows: How much was measured.
        effective_calls: Independent calls that would give the same interval [-]: neighbours are alike.
        cpu_s_per_sample: CPU time of the process per sample [s], over all threads; None after pauses.
        iqr: Interquartile range relative to the median [-].
        verdict: VALID, `UNSTABLE: reasons` or `INVALID: reason`.
        stop: Why measuring ended: "interval", "windows" or "time".
        quantiles_s: See `QUANTILES`.
        percentiles_s: See `PERCENTILES`; without those that too few calls can tell.
        early_stopping_s: MLPerf's early-stopping estimates of p90 and p99 [s], where calls suffice.
        power: What the meter saw; None without a meter.
    """

    key: Key
    time_s: Interval
    device_s: float | None
    calls: int
    windows: int
    effective_calls: float
    cpu_s_per_sample: float | None
    iqr: float
    verdict: str
    stop: str
    quantiles_s: dict[str, float]
    percentiles_s: dict[str, Bounds]
    early_stopping_s: dict[str, float]
    power: Power | None


def summarise(series: Series, meter: Meter | None = None, half_width: float = STABLE, most: int = 0) -> Summary:
    """Sum up the measured windows of a point, whatever the verdict; *most* is how many windows it might have had."""
    windows = [window.call_s for window in series.measured]
    calls = np.concatenate(windows)
    key, time_s = series.point.key, batch_means(windows)
    quantiles = {name: float(np.quantile(calls, q)) for name, q in QUANTILES.items()}
    cpu_s = sum(window.cpu_s for window in series.measured)
    return Summary(
        key=key,
        time_s=time_s,
        device_s=_device_s(series.measured),
        calls=len(calls),
        windows=len(windows),
        effective_calls=effective(calls, time_s, len(windows)),
        cpu_s_per_sample=None if key.idle_s else cpu_s / (len(calls) * key.samples),
        iqr=(quantiles["q075_s"] - quantiles["q025_s"]) / quantiles["q050_s"],
        verdict=verdict(series, time_s, half_width),
        stop="interval" if series.steady(half_width) else "windows" if len(windows) >= most else "time",
        quantiles_s=quantiles,
        percentiles_s=percentiles(calls),
        early_stopping_s=_early_stopping(calls),
        power=_power(series, meter),
    )


def effective(calls: NDArray[np.float64], time_s: Interval, windows: int) -> float:
    """Independent calls that would give the interval found [-], never more than there were."""
    half = (time_s.high - time_s.low) / 2
    if half == 0 or len(calls) < 2:
        return float(len(calls))
    return float(min(len(calls), (t95(windows - 1) * calls.std(ddof=1) / half) ** 2))


def percentiles(calls: NDArray[np.float64]) -> dict[str, Bounds]:
    """Percentiles with bounds [s], without those that so few calls cannot tell."""
    found: dict[str, Bounds] = {}
    for name, level in PERCENTILES.items():
        bounds = percentile_bounds(calls, level)
        enough = level < 0.9 or early_stopping_index(len(calls), level) is not None
        if bounds is not None and enough:
            found[name] = (float(np.quantile(calls, level)), *bounds)
    return found


def verdict(series: Series, time_s: Interval, half_width: float = STABLE) -> str:
    """VALID, or `UNSTABLE: reasons` (use with care), or `INVALID: reason` (do not use)."""
    width, moved = time_s.relative_half_width, drift([window.mean_s for window in series.measured])
    if len(series.measured) < WINDOWS_NEEDED:
        return f"INVALID: {len(series.measured)} windows; {WINDOWS_NEEDED} needed"
    if min(len(window.call_s) for window in series.measured) < CALLS_PER_WINDOW:
        return f"INVALID: a window has fewer than {CALLS_PER_WINDOW} calls"
    if width > GROSS:
        return f"INVALID: interval +-{width:.1%} of the mean; {GROSS:.1%} allowed"
    disturbed = sum(window.load.disturbed for window in series.measured)
    doubts = [
        f"{disturbed} of {len(series.measured)} windows disturbed by other processes" if disturbed else "",
        "" if series.settled else "warm-up windows never agreed",
        f"interval +-{width:.1%} of the mean; {half_width:.1%} allowed" if width > half_width else "",
        f"drift {moved:+.1%} from first to last third; {half_width:.1%} allowed" if abs(moved) > half_width else "",
    ]
    reasons = " and ".join(filter(None, doubts))
    return f"UNSTABLE: {reasons}" if reasons else "VALID"


def energies(windows: Sequence[Window], meter: Meter | None) -> list[Energy | None]:
    """What the meter says of each window."""
    return [meter.energy(*window.marks) if meter and window.marks else None for window in windows]


def stretches(windows: Sequence[Window]) -> list[tuple[Mark, Mark]]:
    """First and last mark of windows that follow each other without a break.

    To a meter whose counter ticks slowly they are one long window, with one tick of error at either end.
    """
    found: list[tuple[Mark, Mark]] = []
    for window in windows:
        if window.marks is None:
            continue
        first, last = window.marks
        if found and 0 <= first.monotonic_s - found[-1][1].monotonic_s <= BREAK_S:
            found[-1] = (found[-1][0], last)
        else:
            found.append(window.marks)
    return found


def _device_s(windows: Sequence[Window]) -> float | None:
    """Mean of the windows that know it [s], as of time_s; those of an old journal do not."""
    known = [window.device_s for window in windows if window.device_s is not None]
    return fmean(known) if known else None


def _power(series: Series, meter: Meter | None) -> Power | None:
    """What the meter saw: chance from window to window, its own error over whole stretches; None if it saw little."""
    known = [
        (window, energy.joules)
        for window, energy in zip(series.measured, energies(series.measured, meter), strict=True)
        if energy is not None and energy.joules is not None
    ]
    if meter is None or len(known) < 2:
        return None
    watts = [joules / window.wall_s for window, joules in known]
    each = [joules / (len(window.call_s) * series.point.key.samples) for window, joules in known]
    return power_of(watts, each, [meter.energy(*marks) for marks in stretches(series.measured)])


def power_of(watts: Sequence[float], joules_per_sample: Sequence[float], seen: Sequence[Energy]) -> Power:
    """Power and energy from those of each window, and from what the meter said of the stretches that they make."""
    spread = max((_spread(energy) for energy in seen), default=0.0)
    power_w, each_j = (
        _widened(batch_means([np.array([value]) for value in values]), spread) for values in (watts, joules_per_sample)
    )
    return Power(power_w, each_j, tuple(sorted({flag for energy in seen for flag in energy.flags})))


def _spread(energy: Energy) -> float:
    """The meter's own error, relative to what it read [-]."""
    if not energy.joules or energy.low_j is None or energy.high_j is None:
        return 0.0
    return (energy.high_j - energy.low_j) / 2 / energy.joules


def _widened(interval: Interval, spread: float) -> Interval:
    """Chance and the meter's own error, which windows do not average out, added up."""
    half = (interval.high - interval.low) / 2 + spread * interval.mean
    return Interval(interval.mean, interval.mean - half, interval.mean + half)


def _early_stopping(calls: NDArray[np.float64]) -> dict[str, float]:
    found = {name: early_stopping_index(len(calls), PERCENTILES[name]) for name in ("p90", "p99")}
    ordered = np.sort(calls)
    return {name: float(ordered[-index]) for name, index in found.items() if index is not None}
