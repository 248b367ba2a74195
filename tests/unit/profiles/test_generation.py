"""Step times of a measured language model."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dcplan.profiles.compute import ComputeProfile, load_compute
from dcplan.profiles.generation import step_times
from dcplan.profiles.library import Library
from dcplan.profiles.timing import LEVELS

BATCHES, CONTEXTS, PROMPTS = (1, 4, 8), (100, 300), (32, 128)


def decode_s(batch: float, context: float) -> float:
    return 0.02 + 0.001 * batch + 1e-5 * batch * context


def prefill_s(tokens: float) -> float:
    return 0.01 + 0.0005 * tokens


def model(folder: Path, tasks: tuple[str, ...] = ("prefill", "decode"), verdict: str = "VALID") -> ComputeProfile:
    """A model whose times are linear along each axis."""
    place = tiny.write_header(folder / "compute" / "s" / "lm")
    tables: dict[str, list[dict[str, Any]]] = {
        "decode": [
            {"batch": batch, "context": context, "tokens": 0, "time_mean_s": decode_s(batch, context)}
            for batch in BATCHES
            for context in CONTEXTS
        ],
        "prefill": [
            {"batch": 1, "context": 0, "tokens": tokens, "time_mean_s": prefill_s(tokens)} for tokens in PROMPTS
        ],
    }
    for task in tasks:
        rows = [
            {"point": point, "verdict": verdict, "flop_per_sample": 1e6 * max(row["tokens"], row["context"])}
            | dict.fromkeys(LEVELS, row["time_mean_s"])
            | {"time_low_s": 0.98 * row["time_mean_s"], "time_high_s": 1.02 * row["time_mean_s"]}
            | row
            for point, row in enumerate(tables[task])
        ]
        with (place / f"{task}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    (place / "windows.csv").write_text("point,phase,start_s,mean_s,n\n")
    return load_compute(Library([folder]), "s", "lm")


def test_steps_take_what_was_measured_and_linear_in_between(tmp_path: Path) -> None:
    times = step_times(model(tmp_path), 6, 100, 300, None, extrapolate=False)
    steps_s = np.diff(times.decode_s)
    assert times.decode_s.shape == (7, 303)
    assert steps_s[6, 200] == pytest.approx(decode_s(6, 200))
    assert times.decode_s[2, 150] == pytest.approx(steps_s[2, :150].sum())
    assert times.prefill_s[80] == pytest.approx(prefill_s(80))
    assert times.error == pytest.approx(0.02 / 1.96, rel=1e-3)
    assert (times.derived, times.unstable) == ("", False)


def test_shorter_than_measured_takes_what_the_shortest_does(tmp_path: Path) -> None:
    times = step_times(model(tmp_path), 1, 128, 300, None, extrapolate=False)
    assert times.prefill_s[[0, 1, 31]] == pytest.approx([0.0, prefill_s(32), prefill_s(32)])
    assert np.diff(times.decode_s)[1, 5] == pytest.approx(decode_s(1, 100))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((8, 129, 300), "prefill was measured up to 128 tokens, not to 129; lower 'most', or derive it"),
        ((8, 128, 301), "decode was measured up to 300 context, not to 301"),
        ((9, 128, 300), "decode was measured for batches of up to 8, not 9; lower max_batch"),
    ],
)
def test_what_was_not_measured_is_refused(asked: tuple[int, int, int], said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        step_times(model(tmp_path), *asked, None, extrapolate=False)


def test_longer_than_measured_is_derived_if_asked(tmp_path: Path) -> None:
    times = step_times(model(tmp_path), 8, 256, 600, None, extrapolate=True)
    assert "scaled by operations" in times.derived
    assert times.prefill_s[256] > times.prefill_s[128]
    assert np.diff(times.decode_s)[8, 600] > decode_s(8, 300)


def test_a_model_without_decode_steps_generates_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="was not measured in decode steps; it generates no text"):
        step_times(model(tmp_path, ("prefill",)), 1, 100, 200, None, extrapolate=False)


def test_what_had_not_settled_is_told(tmp_path: Path) -> None:
    assert step_times(model(tmp_path, verdict="UNSTABLE: drift"), 1, 100, 200, None, extrapolate=False).unstable


def test_a_batch_that_was_not_measured_at_short_lengths_lies_between_its_neighbours(tmp_path: Path) -> None:
    """A point that is missing must not be replaced by a longer one scaled down to nothing."""
    profile = model(tmp_path)
    table = profile.profile.path / "decode.csv"
    first, *lines = table.read_text().splitlines()
    missing = next(line for line in lines if line.endswith(f"4,100,0,{decode_s(4, 100)!r}"))
    table.write_text("\n".join([first, *(line for line in lines if line != missing)]) + "\n")
    times = step_times(load_compute(Library([tmp_path]), "s", "lm"), 8, 100, 300, None, extrapolate=False)
    steps_s = np.diff(times.decode_s)
    between = decode_s(1, 100) + 3 / 7 * (decode_s(8, 100) - decode_s(1, 100))
    assert steps_s[4, 100] == pytest.approx(between)
    assert (np.diff(steps_s[1:], axis=0) > 0).all()
