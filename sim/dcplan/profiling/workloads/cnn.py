"""The reference CNN: three 3x3 convolutions, two poolings, two dense layers, on 32x32 colour images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.profiling.workloads.workload import Recipe, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn


def build() -> nn.Sequential:
    """The model; no padding, so 32x32 shrinks to 4x4."""
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(64 * 4 * 4, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


def samples(count: int) -> Samples:
    """*count* images of noise with labels of chance."""
    import torch

    return Samples((torch.randn(count, 3, 32, 32),), torch.randint(10, (count,)))


def loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Softmax cross-entropy."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits, labels)


CNN_CIFAR10 = Workload(
    name="cnn-cifar10",
    stands_for="image recognition",
    description="Small convolutional network that classifies 32x32 colour images into ten classes.",
    source="TensorFlow tutorial 'Convolutional Neural Network (CNN)', rebuilt in torch",
    sample="a 32x32 colour image",
    parameters=122_570,
    recipe=Recipe("adam", 0.001, "softmax cross-entropy", batch=32, epochs=10, samples_per_epoch=50_000),
    tasks={
        "infer": {"batch": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)},
        "train": {"batch": (8, 16, 32, 64, 128, 256)},
    },
    quick={"infer": {"batch": (1, 8, 64, 256)}, "train": {"batch": (32, 128)}},
    pool=4096,
    build=build,
    samples=samples,
    loss=loss,
)
