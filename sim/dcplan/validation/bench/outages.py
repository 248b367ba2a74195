"""A hundred thousand years of a building's outages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dcplan.reliability.outages import YEAR_S, down_by_period_s, outages, simulate
from dcplan.validation.site.reliability import PARTS

YEARS = 100_000
MONTHS = 12
RECOVERY_S = 600.0


def years() -> Callable[[], object]:
    """Outages of a building with two power paths, three chillers and generators, and its down time by month."""

    def months() -> object:
        found = outages(simulate(PARTS, float(YEARS), np.random.default_rng(1)), RECOVERY_S)
        return down_by_period_s(found, YEAR_S / MONTHS, YEARS * MONTHS)

    return months
