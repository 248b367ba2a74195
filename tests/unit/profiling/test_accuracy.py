"""Training to accuracy learns, stops in time, tells what it took, and does the same again."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.profiling import accuracy
from dcplan.profiling.accuracy import (
    AccuracyRun,
    AccuracySettings,
    Epoch,
    Reached,
    Score,
    Watch,
    reached,
    train_to_accuracy,
)
from dcplan.profiling.images import Images, load_images, made_up, split

torch = pytest.importorskip("torch")

SHORT = AccuracySettings(epochs=3, patience=3, batch=16, folds=0)


@pytest.fixture(scope="module")
def few() -> Images:
    """Two hundred synthetic images."""
    return made_up(200, 1)


def ticking(step: float) -> Any:
    """A clock that goes on by *step* whenever it is looked at."""
    return itertools.count(0.0, step).__next__


@pytest.fixture(scope="module")
def run(few: Images) -> AccuracyRun:
    """A short training under a clock, and a meter that counts ten joules at every look."""
    watch = Watch(clock=ticking(1.0), cpu=ticking(0.5), energy=ticking(10.0))
    return train_to_accuracy(replace(SHORT, folds=2), watch, few)


def losses(run: AccuracyRun) -> list[tuple[float, float, float]]:
    return [(one.training_loss, one.validation_loss, one.validation_accuracy) for one in run.training.epochs]


def test_the_loss_falls(run: AccuracyRun) -> None:
    first, last = run.training.epochs[0], run.training.epochs[-1]
    assert last.training_loss < first.training_loss
    assert last.validation_loss < first.validation_loss


def test_time_samples_and_energy_add_up(run: AccuracyRun) -> None:
    epochs = run.training.epochs
    assert [one.training_s for one in epochs] == [1.0, 2.0, 3.0], "one look before and one after"
    assert [one.seconds for one in epochs] == [3.0, 6.0, 9.0], "and one more after the validation"
    assert [one.cpu_s for one in epochs] == [0.5, 1.0, 1.5]
    assert [one.energy_j for one in epochs] == [10.0, 20.0, 30.0]
    assert [one.samples for one in epochs] == [140, 280, 420]


def test_energy_that_is_not_known_is_none_not_zero(few: Images) -> None:
    for watch in (Watch(), Watch(energy=lambda: None)):
        found = train_to_accuracy(replace(SHORT, epochs=1), watch, few)
        assert found.training.epochs[0].energy_j is None
        assert found.training.epochs[0].seconds > found.training.epochs[0].training_s > 0


def test_the_same_seed_gives_the_same_training(few: Images, run: AccuracyRun) -> None:
    torch.manual_seed(99)
    again = train_to_accuracy(SHORT, images=few)
    other = train_to_accuracy(replace(SHORT, seed=2), images=few)
    assert losses(again) == losses(run)
    assert again.test == run.test
    assert losses(other) != losses(run)


def test_random_numbers_and_threads_of_others_are_left_alone() -> None:
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_to_accuracy(replace(SHORT, epochs=1, threads=1 if threads > 1 else 2), images=made_up(100, 1))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_training_stops_when_the_validation_loss_no_longer_falls(few: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    validated = iter([(1.0, 3), (0.5, 5), (0.7, 9), (0.6, 9), (0.1, 9)])
    seen = []

    def score(student: Any, indices: Any) -> tuple[float, Score]:
        seen.append({name: values.clone() for name, values in student.model.state_dict().items()})
        loss, correct = next(validated)
        return loss, Score(correct, 10)

    monkeypatch.setattr(accuracy._Student, "score", score)
    found = train_to_accuracy(replace(SHORT, epochs=50, patience=2), images=few)
    assert len(found.training.epochs) == 4
    assert (found.training.best, found.training.stopped) == (2, "early")
    assert found.training.accuracy == 0.5
    assert all(torch.equal(seen[4][name], seen[1][name]) for name in seen[1]), "the best weights are tested"
    assert not all(torch.equal(seen[3][name], seen[1][name]) for name in seen[1])


def test_the_test_part_is_looked_at_once_and_after_training(few: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    score = accuracy._Student.score

    def watched(student: Any, indices: Any) -> tuple[float, Score]:
        looked.append(int(indices[0]))
        return score(student, indices)

    monkeypatch.setattr(accuracy._Student, "score", watched)
    train_to_accuracy(SHORT, images=few)
    parts = split(few, 1)
    assert looked == [int(parts.validation[0])] * 3 + [int(parts.test[0])]


def test_folds_leave_the_test_part_out_and_validate_by_every_other_image_once(run: AccuracyRun) -> None:
    train, validation, test = run.parts
    assert (train, validation, test) == (140, 30, 30)
    assert [one.epochs[-1].fold for one in run.folds] == [1, 2]
    assert sum(one.epochs[0].samples for one in run.folds) == train + validation
    header = run.header()["cross_validation"]
    assert header["folds"] == [one.accuracy for one in run.folds]
    assert header["mean"] == pytest.approx(sum(header["folds"]) / 2)


def test_rows_and_header_are_plain_values(run: AccuracyRun) -> None:
    rows, header = run.rows(), run.header()
    assert [(row["fold"], row["epoch"]) for row in rows] == [(f, e) for f in (0, 1, 2) for e in (1, 2, 3)]
    assert all(isinstance(value, int | float | None) for row in rows for value in row.values())
    assert json.loads(json.dumps(header))["images"] == {
        "name": "synthetic",
        "source": "patterns of colour made up from a seed",
        "real": False,
    }
    assert header["test_accuracy"]["samples"] == 30
    assert header["test_accuracy"]["low"] <= header["test_accuracy"]["mean"] <= header["test_accuracy"]["high"]


def epoch(number: int, validation_accuracy: float) -> Epoch:
    return Epoch(0, number, 3.0 * number, 2.0 * number, 100 * number, 4.0 * number, None, 1.0, 1.0, validation_accuracy)


def test_a_target_costs_what_was_spent_when_it_was_first_reached() -> None:
    epochs = [epoch(1, 0.5), epoch(2, 0.9), epoch(3, 0.8), epoch(4, 0.95)]
    assert reached(0.9, epochs) == Reached(0.9, 2, 6.0, 4.0, 200, 8.0, None)
    assert reached(0.4, epochs).epochs == 1
    assert reached(0.97, epochs) == Reached(0.97)


@pytest.mark.parametrize(
    ("correct", "samples", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962), (950, 1000, 0.9347, 0.9619)],
)
def test_wilsons_interval(correct: int, samples: int, low: float, high: float) -> None:
    assert Score(correct, samples).interval == pytest.approx((low, high), abs=1e-4)


def test_crops_move_and_mirror_the_image() -> None:
    images = torch.arange(2 * 3 * 32 * 32).reshape(2, 3, 32, 32).float() + 1
    corners = np.array([[4, 0], [4, 7]])
    still, moved = accuracy.varied(images, corners, np.array([False, False]))
    assert torch.equal(still, images[0])
    assert (moved[:, :4] == 0).all()
    assert torch.equal(moved[:, 4:, :-3], images[1][:, :28, 3:])
    assert torch.equal(accuracy.varied(images, corners, np.array([True, False]))[0], images[0].flip(-1))


def test_images_to_train_on_have_mean_zero_and_deviation_one(few: Images) -> None:
    indices = np.arange(100)
    mean, deviation = accuracy._normalisation(few, indices, "cpu")
    pixels = torch.from_numpy(few.pixels[indices].transpose(0, 3, 1, 2).copy()).float()
    normal = (pixels - mean) / deviation
    assert normal.mean(dim=(0, 2, 3)).abs().max() < 1e-4
    assert normal.std(dim=(0, 2, 3)).numpy() == pytest.approx(1.0, abs=1e-4)


def test_weight_decay_dropout_and_augmentation_change_the_training(few: Images) -> None:
    plain = replace(SHORT, epochs=1, weight_decay=0.0, dropout=0.0, augment=False)
    first = losses(train_to_accuracy(plain, images=few))
    changes: list[dict[str, Any]] = [{"weight_decay": 0.1}, {"dropout": 0.5}, {"augment": True}]
    for change in changes:
        assert losses(train_to_accuracy(replace(plain, **change), images=few)) != first, change


@pytest.mark.parametrize(
    "change",
    [{"epochs": 0}, {"patience": 0}, {"dropout": 1.0}, {"learning_rate": 0.0}, {"weight_decay": -1.0}, {"folds": 1}],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(SHORT, **change)


def test_too_few_images_are_refused() -> None:
    with pytest.raises(InputError, match="10 images are too few"):
        train_to_accuracy(SHORT, images=made_up(10, 1))


def test_four_epochs_on_real_digits_are_nine_in_ten() -> None:
    pytest.importorskip("sklearn")
    found = train_to_accuracy(AccuracySettings(epochs=4), images=load_images(None, 1))
    assert found.test.interval[0] > 0.85
    assert next(one for one in found.to_accuracy if one.target == 0.9).epochs in range(1, 5)


@pytest.mark.slow
def test_the_full_recipe_is_right_on_more_than_95_of_100_digits() -> None:
    pytest.importorskip("sklearn")
    found = train_to_accuracy(AccuracySettings())
    assert found.test.interval[0] > 0.95
    assert found.training.stopped == "early"
