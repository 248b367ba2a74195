"""Which GPUs CUDA shows, in NVML's numbers."""

from __future__ import annotations

import pytest

from dcplan.errors import InputError
from dcplan.profiling.meters.visible_gpus import chosen, visible

UUIDS = ["GPU-aa11", "GPU-aa22", "GPU-bb33"]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, [0, 1, 2]),
        ("1", [1]),
        ("2, 0", [2, 0]),
        ("GPU-bb", [2]),
        ("GPU-bb33,GPU-aa11", [2, 0]),
        ("0,7,1", [0]),
        ("0,-1,1", [0]),
        ("0,0", [0]),
        ("1,GPU-aa", [1]),
        ("2,bb33", [2]),
    ],
)
def test_the_variable_of_cuda_is_read_as_cuda_reads_it(setting: str | None, expected: list[int]) -> None:
    assert visible({} if setting is None else {"CUDA_VISIBLE_DEVICES": setting}, UUIDS) == expected


@pytest.mark.parametrize("setting", ["", "-1", "9", "GPU-aa"])
def test_no_visible_gpu_is_an_error(setting: str) -> None:
    with pytest.raises(InputError, match="no GPU is visible to this program; unset CUDA_VISIBLE_DEVICES"):
        visible({"CUDA_VISIBLE_DEVICES": setting}, UUIDS)


def test_an_instance_of_a_gpu_has_no_counter_of_its_own() -> None:
    with pytest.raises(InputError, match="MIG instance"):
        visible({"CUDA_VISIBLE_DEVICES": "MIG-1234"}, UUIDS)


def test_places_count_visible_gpus() -> None:
    assert chosen(None, [2, 0]) == [2, 0]
    assert chosen([1], [2, 0]) == [0]
    with pytest.raises(InputError, match=r"no GPU cuda:2; 2 visible; use cuda:0..1"):
        chosen([2], [2, 0])
