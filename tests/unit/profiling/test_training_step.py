"""What a training step spends its time on, with a made-up step and with a real one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from dcplan.profiling.point import Key, Variant
from dcplan.profiling.session import Session, TrainingStep
from dcplan.profiling.training_step import DISCARDED, LONGEST_S, STEPS, parts_of_step
from dcplan.profiling.workloads.cnn import CNN_CIFAR10


class World:
    """A clock that only a step moves: forward takes 1, backward 2 and the optimiser 0.5 *unit_s*."""

    def __init__(self, unit_s: float) -> None:
        self.now_s, self.unit_s, self.steps = 0.0, unit_s, 0
        self.batches: list[int] = []

    def session(self) -> Session:
        recipe = SimpleNamespace(recipe=SimpleNamespace(batch=40))
        parts = {"workload": recipe, "variant": Variant(), "enter": lambda: None, "wait": lambda: None}
        return cast(Session, SimpleNamespace(**parts, training_step=self.training_step))

    def training_step(self, key: Key) -> TrainingStep:
        self.batches.append(key.batch)

        def takes(units: float) -> Any:
            def part(*_: object) -> None:
                slow = 10.0 if self.steps < DISCARDED else 1.0
                self.now_s += slow * units * self.unit_s
                self.steps += units == 0.5

            return part

        return TrainingStep(takes(1.0), takes(2.0), takes(0.5))


def keys(*batches: int) -> list[Key]:
    return [Key("infer", 1), *(Key("train", batch) for batch in batches)]


def test_the_parts_are_means_over_the_steps_that_count() -> None:
    world = World(0.001)
    found = parts_of_step(world.session(), keys(32, 128), lambda: world.now_s)
    assert found is not None
    assert found["batch"] == 32
    assert found["steps"] == STEPS
    assert [found[f"{name}_s"] for name in ("forward", "backward", "optimizer")] == pytest.approx(
        [0.001, 0.002, 0.0005]
    )


def test_long_steps_are_few_and_the_first_of_them_do_not_count() -> None:
    world = World(1.0)
    found = parts_of_step(world.session(), keys(32), lambda: world.now_s)
    assert found is not None
    assert found["steps"] == 3
    assert world.now_s > LONGEST_S


def test_what_is_not_trained_has_no_step() -> None:
    assert parts_of_step(World(1.0).session(), keys(), lambda: 0.0) is None


def test_a_real_step_is_the_sum_of_its_parts() -> None:
    torch = pytest.importorskip("torch")
    whole, parts = (Session(CNN_CIFAR10, Variant(threads=1)) for _ in range(2))
    whole.call(Key("train", 8))()
    step = parts.training_step(Key("train", 8))
    loss = step.forward()
    assert isinstance(loss, torch.Tensor)
    step.backward(loss)
    step.update()
    for one, other in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.equal(one, other)
