"""What a workload is: a model, the inputs it takes, the recipe it is trained by, and the points it is measured at.

Torch is imported when a workload is built, not before: naming and listing workloads stays instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

Axes = Mapping[str, tuple[int, ...]]
"""Axis ("batch", "tokens", "context") -> the values it is measured at; a task is measured at every combination."""


@dataclass(frozen=True)
class Samples:
    """Samples held in memory, the first axis of every tensor counting them.

    Attributes:
        inputs: What the model takes, in the order of its arguments.
        targets: What the loss compares its output with.
    """

    inputs: tuple[torch.Tensor, ...]
    targets: torch.Tensor


@dataclass(frozen=True)
class Recipe:
    """How the workload is trained by default; the simulator's training jobs start from it."""

    optimizer: str
    """"adam", "adamw" or "sgd" (momentum 0.9; none where gradients are sparse)."""
    learning_rate: float
    loss: str
    batch: int
    epochs: int
    samples_per_epoch: int
    source: str = ""
    """Where the recipe comes from."""


Call = Callable[[], object]
Step = Callable[["nn.Module", "Samples", Mapping[str, int]], Call]
"""Makes, from a model on its device, samples on the same device and a place (axis -> value), the call to be timed."""


@dataclass(frozen=True)
class Workload:
    """A model that can be run, and where it is measured.

    Attributes:
        name: Its name on the command line and in scenarios.
        stands_for: The field of use, in a few words ("image recognition at scale").
        description: One sentence for the profile.
        source: The publication of the architecture.
        sample: What one sample is ("a 224x224 colour image").
        parameters: Weights of the model; checked when it is built.
        recipe: How it is trained.
        tasks: Task ("infer", "prefill", "decode", "train") -> axes; every task has an axis "batch".
        quick: The few points of each task that `--quick` measures.
        pool: How many samples are held in memory; calls rotate through them.
        build: Makes the model, weights random.
        samples: Makes so many samples.
        loss: Loss of the model's output against the targets.
        steps: Calls of tasks beyond "infer" (forward on the next *batch* samples) and "train", and of an "infer" that
            does more than that.
    """

    name: str
    stands_for: str
    description: str
    source: str
    sample: str
    parameters: int
    recipe: Recipe
    tasks: Mapping[str, Axes]
    quick: Mapping[str, Axes]
    pool: int
    build: Callable[[], nn.Module]
    samples: Callable[[int], Samples]
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    steps: Mapping[str, Step] = field(default_factory=dict)
