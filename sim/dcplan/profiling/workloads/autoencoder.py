"""A convolutional autoencoder: finding defects in pictures of products as what it cannot reconstruct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dcplan.profiling.workloads.rotation import rotating
from dcplan.profiling.workloads.workload import Call, Recipe, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn

SIDE, CHANNELS, LATENT = 128, 3, 100


def build() -> nn.Sequential:
    """The model, weights random."""
    from dcplan.profiling.workloads.nets.autoencoder import autoencoder

    return autoencoder(CHANNELS, LATENT)


def samples(count: int) -> Samples:
    """*count* colour patches of noise, which are their own targets."""
    import torch

    patches = torch.rand(count, CHANNELS, SIDE, SIDE)
    return Samples((patches,), patches)


def loss(reconstructions: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
    """Mean squared error."""
    from torch.nn.functional import mse_loss

    return mse_loss(reconstructions, patches)


def inspect(model: nn.Module, pool: Samples, place: Mapping[str, int]) -> Call:
    """Reconstruct *batch* patches; the squared error of every pixel, over its colours."""
    import torch

    following = rotating(pool.inputs, place["batch"])

    def call() -> object:
        (patches,) = following()
        with torch.inference_mode():
            return (model(patches) - patches).square().sum(dim=1)

    return call


CONV_AUTOENCODER = Workload(
    name="conv-autoencoder",
    stands_for="defect detection",
    description="Convolutional autoencoder whose error of reconstruction marks defects in 128x128 colour patches.",
    source="P. Bergmann et al., 'Improving Unsupervised Defect Segmentation by Applying Structural Similarity to "
    "Autoencoders', 2018, arXiv:1807.02011, Table 1; colour as in MVTec AD (CVPR 2019)",
    sample="a 128x128 colour patch",
    parameters=1_050_599,
    recipe=Recipe(
        optimizer="adam",
        learning_rate=2e-4,
        loss="mean squared error",
        batch=128,
        epochs=200,
        samples_per_epoch=10_000,
        source="Bergmann et al. 2018, section 4.2",
    ),
    tasks={"infer": {"batch": (1, 2, 4, 8, 16, 32, 64, 128)}, "train": {"batch": (8, 16, 32, 64, 128)}},
    quick={"infer": {"batch": (1, 8, 64)}, "train": {"batch": (16, 64)}},
    pool=512,
    build=build,
    samples=samples,
    loss=loss,
    steps={"infer": inspect},
)
