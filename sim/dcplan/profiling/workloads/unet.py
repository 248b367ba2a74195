"""U-Net: marking what each pixel of a medical image belongs to.

What differs from the paper: the convolutions are padded, so 256x256 pixels go in and come out (there 572x572 went in
and 388x388 came out), and all layers have half the width, 32 to 512, so that a processor can run it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.profiling.workloads.workload import Recipe, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn

SIDE = 256
BASE = 32


def build() -> nn.Module:
    """The model, weights random."""
    from dcplan.profiling.workloads.nets.unet import Unet

    return Unet(base=BASE)


def samples(count: int) -> Samples:
    """*count* grey images of noise, every pixel of a class of chance."""
    import torch

    return Samples((torch.randn(count, 1, SIDE, SIDE),), torch.randint(2, (count, SIDE, SIDE)))


def loss(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Softmax cross-entropy, mean over all pixels."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits, classes)


UNET = Workload(
    name="unet",
    stands_for="medical image segmentation",
    description="Convolutional network that puts every pixel of a 256x256 grey image into one of two classes.",
    source="O. Ronneberger et al., 'U-Net: Convolutional Networks for Biomedical Image Segmentation', 2015, "
    "arXiv:1505.04597; padded convolutions, half the width",
    sample="a 256x256 grey image",
    parameters=7_759_554,
    recipe=Recipe(
        optimizer="sgd",
        learning_rate=0.01,
        loss="softmax cross-entropy per pixel",
        batch=1,
        epochs=300,
        samples_per_epoch=30,
        source="Ronneberger et al. 2015, sections 3 and 4 (optimiser, one image at a time, 30 images); "
        "rate and epochs are our choice",
    ),
    tasks={"infer": {"batch": (1, 2, 4, 8)}, "train": {"batch": (1, 2)}},
    quick={"infer": {"batch": (1, 4)}, "train": {"batch": (1, 2)}},
    pool=128,
    build=build,
    samples=samples,
    loss=loss,
)
