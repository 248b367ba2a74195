"""Memory that is kept: without it, how long a call takes depends on which calls came before.

By default glibc returns freed memory to the system, depending on the largest block freed so far, and the next call
faults it in again: the same batch of 16 images took 9.1 ms (1200 page faults) in a fresh process, and 6.3 ms (none)
after a larger one (measured with the reference CNN on a virtual machine with two processors). Servers of torch on
processors avoid it, mostly by another allocator, as torch's performance tuning guide advises.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Numbers of the options in glibc's malloc.h."""


def keep_memory() -> str:
    """Let glibc keep the memory that this process frees, which cannot be undone; how memory is now handled."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:  # other C libraries have none
        return "as the C library does"
    kept = set_option(_MMAP_MAX, 0) and set_option(_TRIM_THRESHOLD, -1)
    return "glibc, freed memory kept" if kept else "glibc, default"
