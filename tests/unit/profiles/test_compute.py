from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from dcplan.errors import InputError
from dcplan.profiles.compute import DRAW_STEPS, LEVELS, ComputeProfile, Timing, load_compute
from dcplan.profiles.library import Library


def timing(slow: float = 1.0, spread: float = 0.2) -> Timing:
    """The tiny workload, with quantiles evenly spread around the mean."""
    batch = np.array(list(tiny.INFER), dtype=float)
    mean_s = np.array(list(tiny.INFER.values()))
    quantile_s = mean_s[:, None] * (1 - spread + 2 * spread * np.array(list(LEVELS.values())))
    return Timing(batch, mean_s, mean_s, mean_s, quantile_s, np.full(4, slow), ("VALID",) * 4)


def measured(folder: Path, **changes: str) -> ComputeProfile:
    """The tiny workload with files changed, like `infer_csv`."""
    tiny.write_compute(folder / "compute" / "s" / "w", tiny.INFER, tiny.TRAIN)
    for name, text in changes.items():
        (folder / "compute" / "s" / "w" / name.replace("_", ".")).write_text(text)
    return load_compute(Library([folder]), "s", "w")


@pytest.mark.parametrize(
    ("samples", "mean_s"), [(1, 0.010), (2, 0.012), (3, 0.016), (4, 0.020), (6, 0.026), (8, 0.032)]
)
def test_between_measured_batches_time_is_linear(samples: float, mean_s: float) -> None:
    assert timing().work_s(np.array([float(samples)]))[0] == pytest.approx(mean_s, rel=1e-12)


@pytest.mark.parametrize(("samples", "mean_s"), [(16, 0.064), (17, 0.074), (20, 0.084), (24, 0.096), (800, 3.2)])
def test_a_batch_above_the_largest_runs_as_several_calls(samples: float, mean_s: float) -> None:
    assert timing().work_s(np.array([float(samples)]))[0] == pytest.approx(mean_s, rel=1e-12)


def test_a_batch_below_the_smallest_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a batch of 0.5 is below the smallest measured batch of 1"):
        timing().work_s(np.array([0.5]))


@given(samples=st.lists(st.integers(1, 500), min_size=1, max_size=5), slow=st.floats(0, 1), spread=st.floats(0, 0.9))
def test_the_mean_over_all_draws_is_the_measured_mean(samples: list[int], slow: float, spread: float) -> None:
    point = timing(slow, spread)
    table = point.by_draw_s(np.array(samples, dtype=float))
    assert table.shape == (len(samples), DRAW_STEPS + 1)
    draws = np.linspace(0.0, 1.0, DRAW_STEPS + 1)
    mean_s = np.trapezoid(table, draws, axis=1)
    np.testing.assert_allclose(mean_s, point.work_s(np.array(samples, dtype=float)), rtol=1e-9)


@given(samples=st.integers(1, 500), slow=st.floats(0, 1))
def test_times_are_positive_and_rise_with_the_draw(samples: int, slow: float) -> None:
    table = timing(slow).by_draw_s(np.array([float(samples)]))[0]
    assert (table > 0).all()
    assert (np.diff(table) >= -1e-12).all()


def test_at_a_measured_batch_the_quantiles_are_the_measured_ones() -> None:
    table = timing().by_draw_s(np.array([2.0]))[0]
    for level in LEVELS.values():
        assert table[round(level * DRAW_STEPS)] == pytest.approx(0.012 * (0.8 + 0.4 * level), rel=1e-9)


def test_what_is_slow_hits_all_calls_of_a_request_alike() -> None:
    one, many = timing(slow=1.0).by_draw_s(np.array([8.0, 800.0]))
    np.testing.assert_allclose(many / many.mean(), one / one.mean(), rtol=1e-9)


def test_what_is_fast_averages_out_over_the_calls() -> None:
    one, many = timing(slow=0.0).by_draw_s(np.array([8.0, 800.0]))
    spread = (many[-1] / many.mean() - 1) / (one[-1] / one.mean() - 1)
    assert spread == pytest.approx(1 / np.sqrt(100), rel=1e-9)


def test_a_profile_is_read_with_its_training_steps(tmp_path: Path) -> None:
    profile = measured(tmp_path)
    assert profile.infer.batch.tolist() == [1, 2, 4, 8]
    assert profile.infer.mean_s.tolist() == list(tiny.INFER.values())
    assert profile.recipe_batch == 64
    assert profile.step_s(64) == 0.08
    assert profile.step_s(48) == pytest.approx(0.065)


@pytest.mark.parametrize("batch", [31, 65])
def test_a_training_batch_outside_the_measured_ones_is_refused(batch: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"training was measured for batches of 32 to 64, not {batch}"):
        measured(tmp_path).step_s(batch)


def test_a_workload_whose_training_was_not_measured_says_so(tmp_path: Path) -> None:
    measured(tmp_path)
    (tmp_path / "compute" / "s" / "w" / "train.csv").unlink()
    with pytest.raises(ValueError, match="training was not measured"):
        load_compute(Library([tmp_path]), "s", "w").step_s(64)


def test_a_profile_without_a_recipe_says_so(tmp_path: Path) -> None:
    profile = measured(tmp_path, profile_yaml="{kind: synthetic, source: a, year: 2025, licence: b}")
    with pytest.raises(InputError, match="the profile has no recipe"):
        _ = profile.recipe_batch


def test_batches_are_sorted(tmp_path: Path) -> None:
    measured(tmp_path)
    table = (tmp_path / "compute" / "s" / "w" / "infer.csv").read_text().splitlines()
    profile = measured(tmp_path, infer_csv="\n".join([table[0], *reversed(table[1:])]))
    assert profile.infer.batch.tolist() == [1, 2, 4, 8]


def test_points_that_are_not_valid_are_left_out_and_unsettled_ones_marked(tmp_path: Path) -> None:
    measured(tmp_path)
    table = (tmp_path / "compute" / "s" / "w" / "infer.csv").read_text()
    table = table.replace("VALID", "INVALID: no", 1)
    first, _, rest = table.rpartition("VALID")
    profile = measured(tmp_path, infer_csv=f"{first}UNSTABLE: trend{rest}")
    assert profile.infer.batch.tolist() == [2, 4, 8]
    assert profile.infer.unstable == [8]


@pytest.mark.parametrize(
    "text",
    ["", "batch\n1\n", "\0\0", "batch,time_mean_s\n1,x\n", "a,b\n1,2,3\n"],
    ids=["empty", "columns", "nul", "x", "ragged"],
)
def test_a_table_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"infer.csv: is not a table of measured times"):
        measured(tmp_path, infer_csv=text)


@pytest.mark.parametrize("time", ["0", "-1", "", "nan", "inf"])
def test_a_time_that_cannot_be_is_told(time: str, tmp_path: Path) -> None:
    measured(tmp_path)
    table = (tmp_path / "compute" / "s" / "w" / "infer.csv").read_text()
    with pytest.raises(InputError, match="holds times that are missing, zero or negative"):
        measured(tmp_path, infer_csv=table.replace("1,0.01,", f"1,{time},", 1))
