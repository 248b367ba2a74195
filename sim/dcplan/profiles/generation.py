"""Step times of a measured language model: prefill by tokens, decode by sequences and their mean length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.profiles.compute import ComputeProfile
from dcplan.profiles.timing import FloatArray

POINTS = 12
"""Lengths beyond the measured ones at which a derived time is asked for; linear in between."""


@dataclass(frozen=True)
class StepTimes:
    """Times of the steps of a replica.

    Attributes:
        prefill_s: Time to process the first tokens of a prompt [s], by their number, [longest + 1].
        decode_s: Time of decode steps of b sequences from a mean length of 0 to one of c, a step a token [s],
            [max_batch + 1, longest + 3].
        prefill_w: Power while the first tokens of a prompt are processed [W], by their number, [longest + 1]; NaN where
            no meter read it.
        decode_w: Power of decode steps by sequences [W], mean over the lengths, [max_batch + 1]; 0 for none.
        error: Relative standard error of a decode step, mean over what was measured [-].
        unstable: Whether some of what was measured had not settled when measuring ended.
        derived: Why some of these are not measured times, in a few words; empty if all are.
    """

    prefill_s: FloatArray
    decode_s: FloatArray
    prefill_w: FloatArray
    decode_w: FloatArray
    error: float
    unstable: bool = False
    derived: str = ""

    def above_rest_w(self, rest_w: float | None) -> tuple[FloatArray, FloatArray] | None:
        """Power above *rest_w* of prefill and of decode [W]; None if it, or one of them, is not known."""
        if rest_w is None or not (np.isfinite(self.prefill_w).all() and np.isfinite(self.decode_w).all()):
            return None
        return np.maximum(0.0, self.prefill_w - rest_w), np.maximum(0.0, self.decode_w - rest_w)


def most_sequences(profile: ComputeProfile, precision: str | None) -> float:
    """Most sequences that can be decoded together, at every length that was measured."""
    if not profile.has("decode"):
        return np.inf  # `step_times` says so
    lengths = profile.lengths("decode", "context", precision)
    return min(float(profile.timing("decode", precision, context=length).batch[-1]) for length in lengths)


def step_times(
    profile: ComputeProfile, max_batch: int, prompt: int, longest: int, precision: str | None, extrapolate: bool
) -> StepTimes:
    """Step times of *profile*; shorter ones than were measured take what the shortest measured ones do.

    Args:
        profile: A language model.
        max_batch: Most sequences that are decoded together.
        prompt: Most tokens that are processed at once.
        longest: Most tokens of a sequence.
        precision: Number format; the first that was measured if None.
        extrapolate: Whether to go beyond the measured lengths, by operations, rather than refuse.

    Raise a ValueError that says what was measured if it cannot be answered.
    """
    for task in ("prefill", "decode"):
        if not profile.has(task):
            raise ValueError(f"'{profile.profile.name}' was not measured in {task} steps; it generates no text")
    alone, together = np.ones(1), np.arange(1, max_batch + 1, dtype=np.float64)
    prefill = _surface(profile, "prefill", "tokens", prompt, alone, precision, extrapolate)
    decode = _surface(profile, "decode", "context", longest, together, precision, extrapolate)
    prefill_s = np.interp(np.arange(longest + 1), prefill.lengths, prefill.mean_s[:, 0])
    prefill_s[0] = 0.0
    steps_s = np.stack([np.interp(np.arange(longest + 2), decode.lengths, column) for column in decode.mean_s.T])
    decode_s = np.zeros((max_batch + 1, longest + 3))
    np.cumsum(steps_s, axis=1, out=decode_s[1:, 1:])
    prefill_w = np.interp(np.arange(longest + 1), prefill.lengths, prefill.power_w[:, 0])
    decode_w = np.concatenate(([0.0], decode.power_w.mean(axis=0)))
    unstable, derived = prefill.unstable or decode.unstable, prefill.derived or decode.derived
    return StepTimes(prefill_s, decode_s, prefill_w, decode_w, float(decode.error.mean()), unstable, derived)


@dataclass(frozen=True)
class _Surface:
    """Times of a call over lengths and batches.

    Attributes:
        lengths: Tokens, increasing, [n].
        mean_s: Mean times [s], [n, batches].
        power_w: Power of the calls [W], [n, batches]; NaN where no meter read it.
        error: Relative standard errors of them [-], [n, batches].
        unstable: Whether some of them had not settled.
        derived: Why some of them were not measured; empty if all were.
    """

    lengths: FloatArray
    mean_s: FloatArray
    power_w: FloatArray
    error: FloatArray
    unstable: bool
    derived: str


def _surface(
    profile: ComputeProfile,
    task: str,
    axis: str,
    most: int,
    batches: FloatArray,
    precision: str | None,
    extrapolate: bool,
) -> _Surface:
    """Times of *task* at the measured lengths up to *most*, there, and if that was not measured, in between as well."""
    known = profile.lengths(task, axis, precision)
    if most > known[-1] and not extrapolate:
        raise ValueError(
            f"{task} was measured up to {known[-1]:g} {axis}, not to {most}; lower 'most', or derive it with "
            "extrapolate: roofline"
        )
    beyond = np.geomspace(known[-1], most, POINTS) if most > known[-1] else np.array([max(most, known[0])])
    lengths = np.union1d(known[known < most], beyond)
    found = [profile.timing(task, precision, extrapolate, **{axis: float(length)}) for length in lengths]
    largest = min(each.batch[-1] for each in found)
    if batches[-1] > largest:
        raise ValueError(f"{task} was measured for batches of up to {largest:g}, not {batches[-1]:g}; lower max_batch")
    return _Surface(
        lengths,
        np.stack([each.call_s(batches) for each in found]),
        np.stack([np.interp(batches, each.batch, np.broadcast_to(each.power_w, each.batch.shape)) for each in found]),
        np.stack([each.error(batches) for each in found]),
        any(each.unstable for each in found),
        next((each.derived for each in found if each.derived), ""),
    )
