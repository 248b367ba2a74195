"""How long storage takes to read something."""

from __future__ import annotations

from dcplan.errors import InputError
from dcplan.profiles.library import Profile

LATENCY = ("latency", "read_random_p50")
RATE = ("sequential_read", "read_sequential")
"""What a data sheet, and what a measurement calls the time of a small read [s] and the rate of a large one [B/s]."""


def read_s(storage: Profile, size_bytes: float) -> float:
    """Time to read *size_bytes* in one piece, if nothing else keeps *storage* busy [s]; an InputError if not known."""
    try:
        latency_s, rate_b_s = (float(storage.values[_first(keys, storage)]["value"]) for keys in (LATENCY, RATE))
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"'{storage.name}' does not say how fast it reads", "see 'dcplan list profiles'") from error
    return latency_s + size_bytes / rate_b_s


def _first(keys: tuple[str, ...], storage: Profile) -> str:
    """The first of *keys* that there is; a KeyError if there is none."""
    for key in keys:
        if key in storage.values:
            return key
    raise KeyError(keys[0])
