"""How the kernels are compiled: to machine code that neither allocates nor counts references, and releases the GIL.

Nothing in a kernel makes an array, so none needs to be counted; but numba counts each array whenever it is taken out of
a tuple, with an atomic instruction, and that took nine tenths of the time of `class_kernel.serve` (0.7 against 8.2
million requests a second). `_nrt=False` is numba's own switch for that (`numba.core.options`), which its documentation
does not name: hence this one place, and a test that the switch is there.

Compiled code is kept on disk. Numba asks only whether the file of the kernel itself has changed, by its date and size;
but kernels are made of functions in other files, and all files of a wheel have one date. So the sources of the whole
package are part of what must be unchanged.
"""

from __future__ import annotations

import functools
import gc
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

from numba import njit, typeof
from numba.extending import register_jitable

from dcplan.serving.part import PartOfKernel, WholeKernel

_UNCOUNTED: dict[str, Any] = {"_nrt": False}
_FOR_KERNELS: dict[str, Any] = {
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "pipeline_class": PartOfKernel,
    **_UNCOUNTED,
}
_FOR_PYTHON: dict[str, Any] = {"no_cfunc_wrapper": True, "pipeline_class": WholeKernel, **_UNCOUNTED}

function = register_jitable(forceinline=True, **_FOR_KERNELS)
"""For what kernels call: typed by itself, then made part of their machine code. Copied into them as source
(`inline="always"`) it took a fifth longer to compile, and `generation_kernel` ran at half the speed; called,
`class_kernel` ran at a third. Python sees the function as it is written: a way in from Python would take as long to
compile as the function itself."""

called = register_jitable(**_FOR_KERNELS)
"""For what kernels call once per request at most, with an array or two: compiled once, however often it is called."""


class Kernel:
    """A function that Python calls and numba compiles, at its first call or when its code on disk is out of date."""

    def __init__(self, written: Callable[..., Any]) -> None:
        functools.update_wrapper(self, written)
        self._compiled = njit(nogil=True, cache=True, **_FOR_PYTHON)(written)
        file = self._compiled._cache._cache_file  # numba has no public way to say what code depends on
        file._source_stamp = (file._source_stamp, _sources())
        self._is_ready = False

    def __call__(self, *arguments: Any) -> Any:
        """Run it."""
        if not self._is_ready:  # numba's own list of what is compiled takes as long to make as a short call
            with _undisturbed():
                self._compiled.compile(tuple(map(typeof, arguments)))
            self._is_ready = True
        return self._compiled(*arguments)

    @property
    def is_on_disk(self) -> bool:
        """Whether code of it, made from the sources as they are, is on disk or has been loaded."""
        return bool(self._compiled.signatures or self._compiled._cache._cache_file._load_index())

    @property
    def compilations(self) -> int:
        """How often this process had to compile it."""
        return sum(self._compiled.stats.cache_misses.values())


kernel = Kernel
"""For what Python calls."""


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without garbage collection.

    A compiler makes millions of objects that all live, and looking at them again and again took 27 % of its time (34.3
    against 25.1 s for all kernels).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@functools.cache
def _sources() -> str:
    """A hash of all that kernels are made of."""
    files = sorted(
        (each.name, each.read_bytes()) for each in resources.files(__package__).iterdir() if each.name.endswith(".py")
    )
    return hashlib.sha256(repr(files).encode()).hexdigest()
