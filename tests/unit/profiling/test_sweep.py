"""Which points are measured."""

from __future__ import annotations

import pytest

from dcplan.errors import InputError
from dcplan.profiling.point import Key, Variant
from dcplan.profiling.sweep import PAUSES_S, QUICK_PAUSES_S, Sweep, values_of_axes
from dcplan.profiling.workloads.catalogue import WORKLOADS
from dcplan.profiling.workloads.cnn import CNN_CIFAR10

ONE = (Variant(threads=2),)


def test_every_combination_of_axes_is_measured_batch_rising_fastest() -> None:
    keys = Sweep(ONE).keys(WORKLOADS["bert-base"])
    infer = [(key.tokens, key.batch) for key in keys if key.task == "infer" and not key.idle_s]
    assert infer == sorted(infer)
    assert len(set(infer)) == len(infer) > 6


def test_pauses_are_measured_in_the_first_variant_alone() -> None:
    keys = Sweep((*ONE, Variant("bf16", 2))).keys(CNN_CIFAR10)
    after = [key for key in keys if key.idle_s]
    assert {key.precision for key in after} == {"fp32"}
    assert {key.idle_s for key in after} == set(PAUSES_S)
    assert {key.task for key in after} == {"infer"}
    assert len({key.batch for key in after}) == 2


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_quick_takes_few_points_of_every_task(workload: object) -> None:
    quick = Sweep(ONE, quick=True).keys(workload)  # type: ignore[arg-type]
    full = Sweep(ONE).keys(workload)  # type: ignore[arg-type]
    assert {key.task for key in quick} == {key.task for key in full}
    assert len(quick) < len(full)
    assert {key.idle_s for key in quick} <= {0.0, *QUICK_PAUSES_S}
    assert len(set(full)) == len(full)


def test_int8_is_not_trained() -> None:
    keys = Sweep((Variant("int8", 1),)).keys(CNN_CIFAR10)
    assert {key.task for key in keys} == {"infer"}


def test_an_accelerator_is_offered_larger_batches() -> None:
    keys = Sweep(ONE, device="cuda").keys(CNN_CIFAR10)
    assert max(key.batch for key in keys if key.task == "infer") == 512 * 64


def test_a_task_can_be_chosen() -> None:
    assert {key.task for key in Sweep(ONE, tasks=("train",)).keys(CNN_CIFAR10)} == {"train"}


def test_a_key_says_what_it_is() -> None:
    assert str(Key("decode", 8, context=512)) == "decode batch 8 context 512"
    assert str(Key("infer", 1, idle_s=0.02)) == "infer batch 1 after 20 ms idle"
    assert Key("infer", 4, streams=3).samples == 12
    assert Key("infer", 4, streams=3, processes=2).samples == 24


def test_values_that_were_asked_for_take_the_place_of_the_workloads_own() -> None:
    at = values_of_axes(["batch=64,8", "train.batch=16"], CNN_CIFAR10)
    keys = Sweep(ONE, device="cuda", brief=True, at=at).keys(CNN_CIFAR10)
    assert [key.batch for key in keys if key.task == "infer" and not key.idle_s] == [8, 64]
    assert [key.batch for key in keys if key.task == "train"] == [16]
    after = {(key.batch, key.idle_s) for key in keys if key.idle_s}
    assert after == {(batch, pause_s) for batch in (8, 64) for pause_s in QUICK_PAUSES_S}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("infer.batch", "'infer.batch' is no axis with whole numbers"),
        ("infer.batch=8,x", "'infer.batch=8,x' is no axis with whole numbers"),
        ("infer.tokens=8", "cnn-cifar10 has no axis 'infer.tokens'; it has infer.batch, train.batch"),
        ("chat.batch=8", "cnn-cifar10 has no axis 'chat.batch'"),
        ("batch=0", "'batch=0' cannot be measured; cnn-cifar10 takes batch from 1$"),
    ],
)
def test_values_that_make_no_sense_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        values_of_axes([text], CNN_CIFAR10)


def test_no_sequence_is_longer_than_the_longest_in_the_pool() -> None:
    gpt = WORKLOADS["gpt-small"]
    assert values_of_axes(["train.tokens=512"], gpt) == {("train", "tokens"): (512,)}
    with pytest.raises(InputError, match="gpt-small takes tokens from 1 to 512"):
        values_of_axes(["train.tokens=513"], gpt)
