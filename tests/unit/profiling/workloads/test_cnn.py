"""The reference network is the one the profile says it is."""

from __future__ import annotations

from typing import Any

import pytest

from dcplan.profiling.point import Key, Variant
from dcplan.profiling.session import Session
from dcplan.profiling.workloads.cnn import CNN_CIFAR10

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def session() -> Session:
    """The reference network, ready to run."""
    return Session(CNN_CIFAR10, Variant(), seed=1)


@pytest.mark.parametrize("batch", [1, 5, 256])
def test_a_forward_pass_gives_ten_logits_per_image(session: Session, batch: int) -> None:
    logits: Any = session.call(Key("infer", batch))()
    assert logits.shape == (batch, 10)
    assert logits.is_inference()


def test_a_training_step_changes_every_weight_tensor(session: Session) -> None:
    before = [weights.detach().clone() for weights in session.model.parameters()]
    session.call(Key("train", 32))()
    after = session.model.parameters()
    assert not any(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_training_on_random_labels_never_converges(session: Session) -> None:
    step: Any = session.call(Key("train", 32))
    losses = [float(step().detach()) for _ in range(200)]
    assert sum(losses[-50:]) / 50 == pytest.approx(2.303, abs=0.15)


def test_floating_point_operations_agree_with_a_count_by_hand(session: Session) -> None:
    conv = 30 * 30 * 32 * 27 + 13 * 13 * 64 * 288 + 4 * 4 * 64 * 576
    forward = 2 * (conv + 1024 * 64 + 64 * 10)
    first = 2 * 30 * 30 * 32 * 27  # no gradient with respect to the images
    assert session.flop(Key("infer", 3)) == 3 * forward
    assert session.flop(Key("train", 2)) == 2 * (3 * forward - first)
    assert session.work()["parameter_bytes"] == 4 * 122_570


def test_a_seed_gives_the_same_weights() -> None:
    first, again = Session(CNN_CIFAR10, Variant(), seed=3), Session(CNN_CIFAR10, Variant(), seed=3)
    pairs = zip(first.model.parameters(), again.model.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
