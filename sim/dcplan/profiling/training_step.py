"""What a training step spends its time on: forward, backward, optimiser.

The parts are timed in steps of their own, after the windows: on an accelerator the wait at the end of each part costs
time that an undivided step does not lose, so the sum is no time of a step; what counts are the shares. Steps of several
machines also exchange gradients; that is measured by itself (`training_scaling`, `probes.all_reduce`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dcplan.profiling.point import Key
from dcplan.profiling.session import Session, TrainingStep

PARTS = ("forward", "backward", "optimizer")
DISCARDED = 10
"""Steps that do not count: memory is still being found for them."""
STEPS = 30
"""Steps that count, fewer when time is up."""
LONGEST_S = 10.0
"""Time after which no further step is made [s]."""
FEWEST = 3
"""Steps that count at least, and are discarded at least."""


def parts_of_step(
    session: Session, keys: Sequence[Key], clock: Callable[[], float] = time.perf_counter
) -> dict[str, Any] | None:
    """Mean times of the parts, at the batch of *keys* nearest to the workload's own recipe; None if it is not trained.

    Args:
        session: The workload, ready.
        keys: The points that were measured.
        clock: Tells the time [s].
    """
    trained = [key for key in keys if key.task == "train" and key.variant == session.variant]
    if not trained:
        return None
    key = min(trained, key=lambda each: abs(each.batch - session.workload.recipe.batch))
    session.enter()
    taken = _timed(session.training_step(key), session.wait, clock)
    means_s = np.mean(taken, axis=0)
    place = {"batch": key.batch, **({"tokens": key.tokens} if key.tokens else {})}
    named = {f"{name}_s": float(mean_s) for name, mean_s in zip(PARTS, means_s, strict=True)}
    return {**place, **named, "steps": len(taken)}


def _timed(step: TrainingStep, wait: Callable[[], None], clock: Callable[[], float]) -> list[tuple[float, ...]]:
    """Times of the parts of steps that count [s]."""
    taken: list[tuple[float, ...]] = []
    begin_s = clock()
    for number in range(DISCARDED + STEPS):
        first_s = clock()
        loss = step.forward()
        wait()
        second_s = clock()
        step.backward(loss)
        wait()
        third_s = clock()
        step.update()
        wait()
        last_s = clock()
        taken.append((second_s - first_s, third_s - second_s, last_s - third_s))
        if last_s - begin_s > LONGEST_S and number + 1 >= 2 * FEWEST:
            break
    return taken[min(DISCARDED, len(taken) // 2) :]
