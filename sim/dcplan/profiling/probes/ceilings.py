"""The two limits of a roofline: how fast the machine multiplies matrices, and how fast it moves memory.

Matrices are square and grow until a product takes as long as a trial may; the fastest size counts, since a ceiling is
what the machine can do at its best. Arrays are four times the last-level cache or larger, as STREAM asks for, and bytes
are counted as STREAM does: what the loop reads and writes, without the line a processor reads before it writes it.

References: S. Williams, A. Waterman, D. Patterson, "Roofline", Communications of the ACM 52(4), 2009;
J. D. McCalpin, "STREAM: sustainable memory bandwidth in high performance computers", run rules.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dcplan.profiling.probes.result import Result, not_measured, summarise
from dcplan.profiling.probes.settings import MIB, Settings, Tell
from dcplan.profiling.probes.trials import Pace, rates

PRECISIONS = {"cpu": ("fp32", "bf16", "fp16", "int8"), "cuda": ("fp32", "tf32", "bf16", "fp16", "int8")}
"""Number formats by device."""
SIZES = {"cpu": (256, 512, 1024, 2048, 4096, 8192), "cuda": (2048, 4096, 8192, 16384)}
"""Rows of the square matrices to try, by device."""
_TYPES = {"fp32": "float32", "tf32": "float32", "bf16": "bfloat16", "fp16": "float16"}


def ceilings(settings: Settings, tell: Tell = lambda _: None) -> list[Result]:
    """Rate of matrix products by number format [FLOP/s; 1/s for int8] and memory bandwidth [B/s]."""
    with _threads(settings.effective_threads):
        results = []
        for precision in PRECISIONS[settings.device]:
            tell(f"matrix product {precision}")
            results.append(_product(precision, settings))
        for kind in ("copy", "triad"):
            tell(f"memory {kind}")
            results.append(_memory(kind, settings))
    return results


def last_level_cache_bytes(root: Path = Path("/sys/devices/system/cpu")) -> int:
    """All last-level caches of the machine together [B]; 32 MiB if it does not say."""
    found: dict[tuple[int, str], int] = {}
    for cache in root.glob("cpu[0-9]*/cache/index[0-9]*"):
        try:
            level, shared, size = (
                (cache / name).read_text(encoding="ascii").strip() for name in ("level", "shared_cpu_list", "size")
            )
            found[int(level), shared] = int(size.rstrip("KMG")) * {"K": 2**10, "M": 2**20, "G": 2**30}[size[-1]]
        except (OSError, ValueError, KeyError):
            continue
    last = max((level for level, _ in found), default=0)
    return sum(size for (level, _), size in found.items() if level == last) or 32 * MIB


def _product(precision: str, settings: Settings) -> Result:
    name, unit = f"gemm_{precision}", "1/s" if precision == "int8" else "FLOP/s"
    try:
        with _format(precision):
            size, call = _fastest(precision, settings)
            values = [2.0 * size**3 * rate for rate in rates(call, settings.effective_pace, _wait(settings.device))]
    except (RuntimeError, NotImplementedError, AttributeError) as error:
        return not_measured(name, unit, f"torch cannot: {' '.join(str(error).split())[:100]}")
    counted = "integer operations" if precision == "int8" else "floating-point operations"
    meaning = f"{counted} per second of a square {precision} matrix product, two per multiplication and addition"
    return summarise(name, unit, values, meaning, {**_where(settings), "rows": size})


def _fastest(precision: str, settings: Settings) -> tuple[int, Callable[[], object]]:
    """The size of matrix with the highest rate, of those whose product takes no longer than a trial, and its call."""
    trial_s, wait = settings.effective_pace.trial_s, _wait(settings.device)
    best = (0.0, 0)
    for size in SIZES[settings.device]:
        taken_s = _best_s(_multiplication(precision, settings.device, size), wait)
        best = max(best, (size**3 / taken_s, size))
        if 8 * taken_s > trial_s:
            break
    return best[1], _multiplication(precision, settings.device, best[1])


def _best_s(call: Callable[[], object], wait: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        wait()
        begin = time.perf_counter()
        call()
        wait()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def _multiplication(precision: str, device: str, size: int) -> Callable[[], object]:
    """A product of two square matrices into memory that is there already."""
    import torch

    place = torch.Generator(device=device).manual_seed(1)
    if precision == "int8":
        whole = [torch.randint(-8, 8, (size, size), generator=place, device=device, dtype=torch.int8) for _ in "ab"]
        out = torch.empty((size, size), dtype=torch.int32, device=device)
        product: Any = torch._int_mm
        product(*whole, out=out)
        return lambda: product(*whole, out=out)
    kind = getattr(torch, _TYPES[precision])
    a, b = (torch.randn((size, size), generator=place, device=device).to(kind) for _ in "ab")
    into = torch.empty_like(a)
    return lambda: torch.mm(a, b, out=into)


def _memory(kind: str, settings: Settings) -> Result:
    import torch

    size = settings.array_bytes or _array_bytes(settings)
    a, b, c = (torch.ones(size // 4, device=settings.device) for _ in range(3))
    calls: dict[str, tuple[int, Callable[[], object], str]] = {
        "copy": (2, lambda: a.copy_(b), "a = b"),
        "triad": (3, lambda: torch.add(b, c, alpha=0.5, out=a), "a = b + s c"),
    }
    moved, call, formula = calls[kind]
    wait = _wait(settings.device)
    values = [moved * size * rate for rate in rates(call, _long(settings.effective_pace), wait)]
    meaning = f"bytes read and written per second by {formula} on arrays far larger than the caches (STREAM counting)"
    conditions = {**_where(settings), "array_bytes": size, "number_format": "fp32"}
    return summarise(f"memory_{kind}", "B/s", values, meaning, conditions)


def _long(pace: Pace) -> Pace:
    """*pace* with trials of several passes over large arrays."""
    return replace(pace, trial_s=max(pace.trial_s, 0.1))


def _array_bytes(settings: Settings) -> int:
    """Four times the last-level cache, within an eighth of the memory [B]."""
    if settings.device == "cuda":
        import torch

        device = torch.cuda.get_device_properties(0)
        return int(min(max(4 * device.L2_cache_size, 1024 * MIB), device.total_memory // 16))
    import psutil  # type: ignore[import-untyped]

    free = int(psutil.virtual_memory().available)
    return min(max(4 * last_level_cache_bytes(), 64 * MIB), free // 8) // 4096 * 4096


def _where(settings: Settings) -> dict[str, object]:
    if settings.device == "cuda":
        return {"device": "cuda"}
    return {"device": "cpu", "threads": settings.effective_threads}


def _wait(device: str) -> Callable[[], object]:
    if device != "cuda":
        return lambda: None
    import torch

    return torch.cuda.synchronize


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch use *count* threads, and as many as before afterwards."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _format(precision: str) -> Iterator[None]:
    """Let fp32 products be rounded to TF32 for "tf32" alone."""
    import torch

    kept = torch.backends.cuda.matmul.fp32_precision
    torch.backends.cuda.matmul.fp32_precision = "tf32" if precision == "tf32" else "ieee"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.fp32_precision = kept
