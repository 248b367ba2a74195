"""ResNet-50, the reference of image recognition: 224x224 colour images into a thousand classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.profiling.workloads.workload import Recipe, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn


def build() -> nn.Sequential:
    """The model, weights random."""
    from dcplan.profiling.workloads.nets.resnet import resnet50

    return resnet50()


def samples(count: int) -> Samples:
    """*count* images of noise with labels of chance."""
    import torch

    return Samples((torch.randn(count, 3, 224, 224),), torch.randint(1000, (count,)))


def loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Softmax cross-entropy."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits, labels)


RESNET50 = Workload(
    name="resnet50",
    stands_for="image recognition at scale",
    description="Residual network of 50 layers that classifies 224x224 colour images into a thousand classes.",
    source="K. He et al., 'Deep Residual Learning for Image Recognition', 2015, arXiv:1512.03385; "
    "stride in the 3x3 convolutions (version 1.5)",
    sample="a 224x224 colour image",
    parameters=25_557_032,
    recipe=Recipe(
        optimizer="sgd",
        learning_rate=0.1,
        loss="softmax cross-entropy",
        batch=256,
        epochs=90,
        samples_per_epoch=1_281_167,
        source="He et al. 2015, section 3.4 (rate, momentum, batch); 90 epochs of ImageNet as commonly run",
    ),
    tasks={"infer": {"batch": (1, 2, 4, 8, 16)}, "train": {"batch": (1, 2, 4, 8)}},
    quick={"infer": {"batch": (1, 4, 16)}, "train": {"batch": (2, 8)}},
    pool=256,
    build=build,
    samples=samples,
    loss=loss,
)
