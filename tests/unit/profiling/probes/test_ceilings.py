"""The two limits of a roofline, on small matrices and arrays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dcplan.profiling.probes import ceilings as module
from dcplan.profiling.probes.ceilings import ceilings, last_level_cache_bytes
from dcplan.profiling.probes.settings import Settings


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIZES", {"cpu": (32, 64)})


def test_every_ceiling_has_a_unit_and_is_plausible(tiny: Settings) -> None:
    found = {result.name: result for result in ceilings(tiny)}
    assert {"gemm_fp32", "gemm_bf16", "memory_copy", "memory_triad"} <= set(found)
    assert found["gemm_fp32"].unit == "FLOP/s"
    assert found["gemm_int8"].unit == "1/s"
    assert found["memory_copy"].unit == "B/s"
    assert 1e6 < found["gemm_fp32"].value < 1e15
    assert 1e7 < found["memory_copy"].value < 1e14
    assert all(result.low <= result.value <= result.high for result in found.values() if result.measured)


def test_the_number_of_threads_is_used_and_given_back(tiny: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before, seen = torch.get_num_threads(), set()
    monkeypatch.setattr(module, "_product", lambda *_: seen.add(torch.get_num_threads()))
    monkeypatch.setattr(module, "_memory", lambda *_: None)
    ceilings(replace(tiny, threads=1))
    assert seen == {1}
    assert torch.get_num_threads() == before


def test_a_number_format_that_torch_cannot_multiply_is_left_out(
    tiny: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch, "_int_mm")
    found = {result.name: result for result in ceilings(tiny)}
    assert found["gemm_int8"].verdict.startswith("INVALID: not measured: torch cannot")


def test_caches_that_processors_share_count_once(tmp_path: Path) -> None:
    for cpu, level, shared, size in [
        (0, 2, "0", "512K"),
        (0, 3, "0-1", "32M"),
        (1, 3, "0-1", "32M"),
        (2, 3, "2-3", "32M"),
    ]:
        cache = tmp_path / f"cpu{cpu}" / "cache" / f"index{level}"
        cache.mkdir(parents=True)
        for name, text in (("level", str(level)), ("shared_cpu_list", shared), ("size", size)):
            (cache / name).write_text(f"{text}\n")
    assert last_level_cache_bytes(tmp_path) == 64 * 2**20
    assert last_level_cache_bytes(tmp_path / "nothing") == 32 * 2**20
