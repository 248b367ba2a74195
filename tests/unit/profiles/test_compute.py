from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.compute import ComputeProfile, load_compute, work_of
from dcplan.profiles.library import Library
from dcplan.profiles.timing import LEVELS


def measured(folder: Path, **changes: str) -> ComputeProfile:
    """The tiny workload with files changed, like `infer_csv`."""
    tiny.write_compute(folder / "compute" / "s" / "w", tiny.INFER, tiny.TRAIN)
    for name, text in changes.items():
        (folder / "compute" / "s" / "w" / name.replace("_", ".")).write_text(text)
    return load_compute(Library([folder]), "s", "w")


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


def surface(folder: Path, rows: Sequence[dict[str, Any]], task: str = "infer", **header: Any) -> ComputeProfile:
    """A profile whose table of *task* has *rows*, times evenly spread around the mean."""
    place = tiny.write_header(folder / "compute" / "s" / "w", **header)
    spread = {name: 0.9 + 0.2 * level for name, level in LEVELS.items()}
    full = [
        {"point": number, "verdict": "VALID"}
        | {name: row["time_mean_s"] * factor for name, factor in spread.items()}
        | {"time_low_s": row["time_mean_s"] * 0.99, "time_high_s": row["time_mean_s"] * 1.01}
        | row
        for number, row in enumerate(rows)
    ]
    with (place / f"{task}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(full[0]))
        writer.writeheader()
        writer.writerows(full)
    (place / "windows.csv").write_text("point,phase,mean_s,n\n")
    return load_compute(Library([folder]), "s", "w")


TOKENS = [
    {"batch": batch, "tokens": tokens, "time_mean_s": batch * (0.001 * tokens + 1e-6 * tokens**2)}
    | {"flop_per_sample": 1e6 * tokens + 1e3 * tokens**2}
    for batch in (1, 8)
    for tokens in (32, 128)
]


def test_between_measured_tokens_time_is_linear(tmp_path: Path) -> None:
    profile = surface(tmp_path, TOKENS)
    low, high, between = (profile.timing("infer", tokens=tokens).mean_s for tokens in (32, 128, 80))
    np.testing.assert_allclose(between, (low + high) / 2)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (None, "infer was measured at 32 to 128 tokens; say how many, e.g. tokens: 32"),
        (129, "infer was measured at 32 to 128 tokens, not at 129; extrapolate: roofline derives it"),
        (31, "not at 31"),
    ],
)
def test_tokens_that_were_not_measured_are_refused(tokens: int | None, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        surface(tmp_path, TOKENS).timing("infer", tokens=tokens)


def test_tokens_of_a_model_that_takes_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="infer takes no tokens; leave 'tokens' out"):
        measured(tmp_path).timing("infer", tokens=5)


def test_beyond_the_measured_tokens_time_follows_the_operations_and_is_marked(tmp_path: Path) -> None:
    timing = surface(tmp_path, TOKENS).timing("infer", tokens=256, extrapolate=True)
    np.testing.assert_allclose(timing.mean_s, [0.256 + 256**2 * 1e-6, 8 * (0.256 + 256**2 * 1e-6)], rtol=1e-9)
    assert "256 tokens lie outside the measured 32 to 128" in timing.derived
    assert not surface(tmp_path, TOKENS).timing("infer", tokens=128, extrapolate=True).derived


def test_the_first_measured_way_of_running_is_used_unless_another_is_asked_for(tmp_path: Path) -> None:
    rows = [
        {"batch": 1, "precision": precision, "threads": threads, "time_mean_s": seconds}
        for precision, threads, seconds in (("fp32", 2, 0.4), ("fp32", 1, 0.7), ("bf16", 2, 0.1))
    ]
    profile = surface(tmp_path, rows, conditions={"precision": "fp32", "threads": 2})
    assert profile.infer.mean_s.tolist() == [0.4]
    assert profile.timing("infer", precision="bf16").mean_s.tolist() == [0.1]
    with pytest.raises(ValueError, match="infer was measured in fp32, bf16, not in int8"):
        profile.timing("infer", precision="int8")


def test_what_a_pause_adds_is_read_and_noise_below_zero_is_not(tmp_path: Path) -> None:
    measured(tmp_path)
    (tmp_path / "compute" / "s" / "w" / "after_idle.csv").write_text(
        "task,batch,idle_s,time_mean_s,verdict\n"
        "infer,1,0.01,0.013,VALID\ninfer,1,0.1,0.015,UNSTABLE: drift\n"
        "infer,8,0.01,0.031,VALID\ninfer,8,0.1,0.04,VALID\n"
    )
    pauses = load_compute(Library([tmp_path]), "s", "w").infer.pauses
    assert pauses.pause_s.tolist() == [0.0, 0.01, 0.1]
    np.testing.assert_allclose(pauses.added_s, [[0.0, 0.003, 0.005], [0.0, 0.0, 0.008]], atol=1e-12)


def test_the_power_of_a_metered_profile_is_read_and_is_unknown_otherwise(tmp_path: Path) -> None:
    rows = [{"batch": 1, "time_mean_s": 0.01, "power_w": 250.0}, {"batch": 8, "time_mean_s": 0.02, "power_w": 400.0}]
    assert surface(tmp_path / "a", rows).infer.power_w.tolist() == [250.0, 400.0]
    assert np.isnan(measured(tmp_path / "b").infer.power_w).all()


def test_a_workload_without_inference_says_what_was_measured(tmp_path: Path) -> None:
    profile = surface(tmp_path, TOKENS, task="prefill")
    with pytest.raises(ValueError, match=r"inference was not measured \(measured: prefill\)"):
        profile.timing("infer")


def test_the_work_of_a_sample_is_read_or_asked_for() -> None:
    work = {"flop_per_sample_infer": 9, "parameter_bytes": 5, "activation_bytes_per_sample": 7}
    assert work_of({"work": work}).flop == 9
    with pytest.raises(ValueError, match="does not say the work of a sample"):
        work_of({})


CAPS = [
    {"batch": batch, "power_limit_w": cap, "time_mean_s": batch * 0.7 / cap, "power_w": 0.9 * cap}
    for batch in (1, 8)
    for cap in (350.0, 700.0)
]


def test_times_and_power_are_functions_of_the_power_limit(tmp_path: Path) -> None:
    profile = surface(tmp_path, CAPS, conditions={"power_limit_w": 700.0})
    assert profile.infer.power_w.tolist() == [630.0, 630.0]
    half = profile.timing("infer", power_limit_w=350)
    np.testing.assert_allclose(half.mean_s, 2 * profile.infer.mean_s)
    between = profile.timing("infer", power_limit_w=525)
    np.testing.assert_allclose(between.power_w, 472.5)
    assert np.all((profile.infer.mean_s < between.mean_s) & (between.mean_s < half.mean_s))


def test_a_power_limit_that_was_not_measured_is_refused_even_by_roofline(tmp_path: Path) -> None:
    profile = surface(tmp_path, CAPS, conditions={"power_limit_w": 700.0})
    with pytest.raises(ValueError, match="measured at 350 to 700 power_limit_w, not at 200; measure it there"):
        profile.timing("infer", power_limit_w=200, extrapolate=True)


def test_power_follows_the_fitted_model_between_measured_batches(tmp_path: Path) -> None:
    model = {"idle_w": 100.0, "exponent": 0.5, "full_w": {1: 300.0, 9: 500.0}}
    profile = surface(tmp_path, CAPS, power={"source": "nvml", "model": model})
    assert profile.power_w(1, 1.0) == 300.0
    assert profile.power_w(5, 0.25) == pytest.approx(100 + 0.5 * 300)
    assert profile.power_w(9, 0.0) == 100.0
    with pytest.raises(ValueError, match="batches of 1 to 9, not 10"):
        profile.power_w(10, 1.0)
    with pytest.raises(ValueError, match="is not a share of time"):
        profile.power_w(5, 1.5)


def test_power_that_no_meter_read_is_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"was not measured \(source: none\)"):
        surface(tmp_path, CAPS, power={"source": "none"}).power_w(1, 1.0)


def spelled(folder: Path, windows: Sequence[tuple[float, float]], **files: str) -> ComputeProfile:
    """A profile with two points whose windows take turns; each starts, and is as slow relative to its mean, as said."""
    profile = surface(folder, [{"batch": 1, "time_mean_s": 0.01}, {"batch": 8, "time_mean_s": 0.05}])
    place = profile.profile.path
    rows = [
        f"{number % 2},measured,{start_s},{(0.05 if number % 2 else 0.01) * relative},100"
        for number, (start_s, relative) in enumerate(windows)
    ]
    (place / "windows.csv").write_text("\n".join(["point,phase,start_s,mean_s,n", *rows]) + "\n")
    for name, text in files.items():
        (place / name.replace("_csv", ".csv")).write_text(text)
    return load_compute(Library([folder]), "s", "w")


def test_how_long_slow_spells_last_is_read_off_the_windows_in_the_order_of_time(tmp_path: Path) -> None:
    """Spells of eight windows, two seconds apart: correlation 1 - k/4 at lag k, so 0.5 + 0.75 + 0.5 + 0.25 steps."""
    windows = [(2.0 * number, 0.9 if number // 8 % 2 else 1.1) for number in range(160)]
    assert spelled(tmp_path, windows).infer.spell_s == pytest.approx(2.0 * 2.0, rel=0.05)


def test_windows_after_pauses_say_nothing_of_spells(tmp_path: Path) -> None:
    windows = [(2.0 * number, 0.9 if number // 8 % 2 else 1.1) for number in range(160)]
    paused = "task,batch,idle_s,time_mean_s,verdict,point\ninfer,8,0.1,0.05,VALID,1\n"
    assert spelled(tmp_path, windows, after_idle_csv=paused).infer.spell_s == pytest.approx(4.0 * 1.0, rel=0.05)


def test_the_duration_of_spells_is_unknown_from_few_windows(tmp_path: Path) -> None:
    assert spelled(tmp_path, [(float(number), 1.0 + 0.01 * (number % 3)) for number in range(10)]).infer.spell_s == 0.0
    assert measured(tmp_path / "other").infer.spell_s == 0.0


def test_a_few_calls_that_took_far_longer_do_not_hide_that_all_others_drift(tmp_path: Path) -> None:
    windows = [(float(number), 0.9 if number // 8 % 2 else 1.1) for number in range(160)]
    known = spelled(tmp_path, windows).infer.slow
    table = tmp_path / "compute" / "s" / "w" / "infer.csv"
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["q100_s"] = str(100 * float(row["q100_s"]))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert load_compute(Library([tmp_path]), "s", "w").infer.slow == pytest.approx(known)


def test_a_task_without_a_usable_point_leaves_the_others_usable(tmp_path: Path) -> None:
    measured(tmp_path)
    table = tmp_path / "compute" / "s" / "w" / "train.csv"
    table.write_text(table.read_text().replace("VALID", "INVALID: busy"))
    profile = load_compute(Library([tmp_path]), "s", "w")
    assert len(profile.infer.batch)
    with pytest.raises(InputError, match="every point of train is INVALID"):
        profile.timing("train")
