"""Which points are measured."""

from __future__ import annotations

import pytest

from dcplan.profiling.point import Key, Variant
from dcplan.profiling.sweep import PAUSES_S, QUICK_PAUSES_S, Sweep
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
