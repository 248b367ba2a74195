"""Headline numbers of a measured profile."""

from __future__ import annotations

from pathlib import Path

import measured
from dcplan.report.profile.cards import cards
from dcplan.report.profile.data import read


def test_the_parts_of_a_training_step_are_shown_as_shares_of_it(tmp_path: Path) -> None:
    step = {"batch": 32, "forward_s": 0.002, "backward_s": 0.005, "optimizer_s": 0.001, "steps": 30}
    folder = measured.write_profile(tmp_path / "compute" / "box" / "net", training_step=step)
    (card,) = [each for each in cards(read(folder)) if each.label.startswith("Training step, batch")]
    assert card.label == "Training step, batch 32"
    assert card.value == "25 / 62 / 12 %"


def test_a_profile_that_does_not_say_has_no_such_card(tmp_path: Path) -> None:
    folder = measured.write_profile(tmp_path / "compute" / "box" / "net")
    assert not [each for each in cards(read(folder)) if each.label.startswith("Training step, batch")]
