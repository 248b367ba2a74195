"""How the kernels are compiled: to machine code that neither allocates nor counts references, and releases the GIL.

Nothing in a kernel makes an array, so none needs to be counted; but numba counts each array whenever it is taken out of
a tuple, with an atomic instruction, and that took nine tenths of the time of `class_kernel.serve` (0.7 against 8.2
million requests a second). `_nrt=False` is numba's own switch for that (`numba.core.options`), which its documentation
does not name: hence this one place, and a test that the switch is there.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.extending import register_jitable

_UNCOUNTED: dict[str, Any] = {"_nrt": False}

kernel = njit(nogil=True, cache=True, **_UNCOUNTED)
"""For what Python calls."""
function = register_jitable(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, **_UNCOUNTED)
"""For what kernels call: typed by itself, then made part of their machine code, since a call hands over every array of
every tuple. Copied into them as source (`inline="always"`) it took a fifth longer to compile, and `generation_kernel`
ran at half the speed; called, `class_kernel` ran at a third. Python sees the function as it is written: a way in from
Python would take as long to compile as the function itself."""
