"""The workloads that can be measured: real torch models, with the recipe they are trained by.

Torch is imported when a session starts, not before: naming and listing workloads must stay instant.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcplan.errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

POOL = 4096
"""Synthetic images held in memory; calls rotate through them, so that inputs are not always in cache."""
LABEL_STRIDE = 7919
"""Step between label slices: a prime, so that images and labels never pair up twice and training never converges."""


@dataclass(frozen=True)
class Recipe:
    """How the workload is trained by default; the simulator's training jobs start from it."""

    optimizer: str
    learning_rate: float
    loss: str
    batch: int
    epochs: int
    samples_per_epoch: int


@dataclass(frozen=True)
class Workload:
    """A model that can be run, and the batch sizes it is measured at."""

    name: str
    description: str
    source: str
    input_shape: tuple[int, int, int]
    classes: int
    parameters: int
    recipe: Recipe
    infer_batches: tuple[int, ...]
    train_batches: tuple[int, ...]
    build: Callable[[], nn.Sequential]


def reference_cnn() -> nn.Sequential:
    """Three 3x3 convolutions, two poolings, two dense layers; no padding, so 32x32 shrinks to 4x4."""
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(64 * 4 * 4, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


CNN_CIFAR10 = Workload(
    name="cnn-cifar10",
    description="Small convolutional network that classifies 32x32 colour images into ten classes.",
    source="TensorFlow tutorial 'Convolutional Neural Network (CNN)', rebuilt in torch",
    input_shape=(3, 32, 32),
    classes=10,
    parameters=122_570,
    recipe=Recipe("adam", 0.001, "softmax cross-entropy", batch=32, epochs=10, samples_per_epoch=50_000),
    infer_batches=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    train_batches=(8, 16, 32, 64, 128, 256),
    build=reference_cnn,
)


def find_workload(name: str) -> Workload:
    """The workload called *name*; an InputError that lists the known ones if there is none."""
    known = {workload.name: workload for workload in (CNN_CIFAR10,)}
    if name not in known:
        raise InputError(f"there is no workload '{name}' to measure", f"known are {', '.join(sorted(known))}")
    return known[name]


class Session:
    """A workload made ready to run: model, optimiser, and synthetic data resident in memory.

    Torch counts threads per process: a session sets them for all of it.
    """

    def __init__(self, workload: Workload, seed: int, threads: int) -> None:
        self.import_s = _import_torch_s()
        import torch

        torch.set_num_threads(threads)
        torch.manual_seed(seed)
        self.images = torch.randn(POOL, *workload.input_shape)
        self.labels = torch.randint(workload.classes, (POOL,))
        begin = time.perf_counter()
        self.model = workload.build()
        self.build_s = time.perf_counter() - begin
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=workload.recipe.learning_rate)
        self.optimizer_s = time.perf_counter() - begin - self.build_s
        self.parameters = sum(weights.numel() for weights in self.model.parameters())
        assert self.parameters == workload.parameters, f"{workload.name}: {self.parameters} parameters"

    def infer(self, batch: int) -> Callable[[], torch.Tensor]:
        """A call that classifies the next *batch* images."""
        import torch

        images = self._slices(self.images, batch, stride=batch)

        def call() -> torch.Tensor:
            with torch.inference_mode():
                logits: torch.Tensor = self.model(images())
                return logits

        return call

    def train(self, batch: int) -> Callable[[], torch.Tensor]:
        """A call that makes one training step on *batch* images: forward, backward, optimiser."""
        from torch.nn.functional import cross_entropy

        images = self._slices(self.images, batch, stride=batch)
        labels = self._slices(self.labels, batch, stride=LABEL_STRIDE)

        def call() -> torch.Tensor:
            self.optimizer.zero_grad()
            loss = cross_entropy(self.model(images()), labels())
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            return loss

        return call

    def work(self) -> dict[str, int]:
        """What one sample costs whatever the machine: parameters, bytes, floating-point operations."""
        size = sum(weights.numel() * weights.element_size() for weights in self.model.parameters())
        return {
            "parameters": self.parameters,
            "parameter_bytes": size,
            "flop_per_sample_infer": self._count_flop(self.infer(1)),
            "flop_per_sample_train": self._count_flop(self.train(1)),
        }

    @staticmethod
    def software() -> dict[str, str | int]:
        """The version of torch, how it was built (as a digest) and how it runs."""
        import torch

        config = torch.__config__.show()
        return {
            "torch": str(torch.__version__),
            "torch_config_sha256": hashlib.sha256(config.encode()).hexdigest(),
            "torch_cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "torch_threads": torch.get_num_threads(),
            "torch_interop_threads": torch.get_num_interop_threads(),
        }

    @staticmethod
    def _count_flop(call: Callable[[], torch.Tensor]) -> int:
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            call()
        return int(counter.get_total_flops())

    @staticmethod
    def _slices(pool: torch.Tensor, batch: int, stride: int) -> Callable[[], torch.Tensor]:
        start = 0

        def following() -> torch.Tensor:
            nonlocal start
            start = (start + stride) % (POOL - batch)
            return pool[start : start + batch]

        return following


def _import_torch_s() -> float | None:
    """Seconds that importing torch took [s]; None if it was imported before."""
    if "torch" in sys.modules:
        return None
    begin = time.perf_counter()
    import torch  # noqa: F401

    return time.perf_counter() - begin
