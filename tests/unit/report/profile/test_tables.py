"""Tables of a measured profile as HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import measured
from dcplan.profiles.validate import problems
from dcplan.report.profile.data import Measured, read
from dcplan.report.profile.page import render
from dcplan.report.profile.tables import scaling_html

ALONE = {"workers": 1, "step_s": 0.02, "step_low_s": 0.019, "step_high_s": 0.021, "exchange_s": 0.0004}
TWO = {"workers": 2, "step_s": 0.025, "step_low_s": 0.024, "step_high_s": 0.026, "exchange_s": 0.005}
ROWS = [
    {**ALONE, "samples_per_s": 1600.0, "efficiency": 1.0},
    {**TWO, "samples_per_s": 2560.0, "efficiency": 0.8},
]
SCALING = {"backend": "gloo", "batch_per_worker": 32, "threads_per_worker": 1, "workers": ROWS}


def known(root: Path, **header: Any) -> Measured:
    return read(measured.write_profile(root / "compute" / "box" / "net", **header))


def test_scaling_is_a_table_with_a_row_for_every_number_of_workers(tmp_path: Path) -> None:
    profile = known(tmp_path, training_scaling=SCALING)
    table = scaling_html(profile)
    assert table.count("<td data-label='Workers'") == 2
    assert "(batch 32, 1 thread)" in table
    assert "<td data-label='Efficiency' class='number'>80&nbsp;%</td>" in table
    assert "<td data-label='Exchange' class='number'>20&nbsp;%</td>" in table
    assert "<td data-label='Exchange' class='number'>&ndash;</td>" in table
    assert "<h2>Training on several workers</h2>" in render(profile)
    assert not problems(profile.profile.path)


def test_the_tokens_of_a_sample_are_told(tmp_path: Path) -> None:
    assert "batch 32, 128 tokens" in scaling_html(known(tmp_path, training_scaling={**SCALING, "tokens": 128}))


def test_why_scaling_could_not_be_measured_is_told_and_escaped(tmp_path: Path) -> None:
    assert "no &lt;memory&gt;" in scaling_html(known(tmp_path, training_scaling={"reason": "no <memory>"}))
    some = scaling_html(known(tmp_path, training_scaling={**SCALING, "reason": "workers 4: no memory"}))
    assert "workers 4: no memory" in some
    assert "<table" in some


def test_a_profile_without_scaling_has_no_such_section(tmp_path: Path) -> None:
    profile = known(tmp_path)
    assert scaling_html(profile) == ""
    assert "Training on several workers" not in render(profile)
