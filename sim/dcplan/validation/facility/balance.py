"""The first law in the building of every shipped scenario: at each of its steps, idle, half and fully loaded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.engine.resolve import resolve
from dcplan.facility.balance import balance_residual
from dcplan.facility.plant import simulate
from dcplan.profiles.library import Library, shipped
from dcplan.scenario.load import load
from dcplan.validation.check import Check

LOADS = (0.0, 0.5, 1.0)
TOLERANCE = 1e-6


def checks(library: Library) -> Iterator[Check]:
    """The largest imbalance over the power at the meter, one check per scenario that has a building."""
    for path in sorted(shipped("scenarios").glob("*.yaml")):
        loaded = load(path)
        spec = loaded.scenario.facility
        if spec is None:
            continue
        plan = resolve(loaded, library)
        assert plan.facility is not None, "this one has a building"
        assert plan.site is not None, "a building has a site"
        weather, steps = plan.site.weather, len(plan.grid.starts_s)
        worst = max(
            balance_residual(simulate(np.full(steps, part * spec.it_capacity), weather, plan.facility))
            for part in LOADS
        )
        yield Check(f"energy balance, {path.stem}, {steps:,} steps", worst, 0.0, TOLERANCE, "-", "first law")
