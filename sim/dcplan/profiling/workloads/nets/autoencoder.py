"""The convolutional autoencoder of P. Bergmann et al. 2018, Table 1: 128x128 pixels to a hundred numbers and back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

ENCODER = ((32, 4, 2), (32, 4, 2), (32, 3, 1), (64, 4, 2), (64, 3, 1), (128, 4, 2), (64, 3, 1), (32, 3, 1))
"""Width, size and stride of each convolution; a last one of 8x8 makes the latent numbers."""
SLOPE = 0.2


def autoencoder(channels: int, latent: int) -> nn.Sequential:
    """Encoder and decoder, which mirrors it."""
    sizes = [(size, stride, 1) for _, size, stride in ENCODER] + [(8, 1, 0)]
    widths = [channels, *(width for width, _, _ in ENCODER), latent]
    there = _layers(nn.Conv2d, widths, sizes)
    back = _layers(nn.ConvTranspose2d, widths[::-1], sizes[::-1])
    return nn.Sequential(*there, *back)


def _layers(
    kind: type[nn.Conv2d] | type[nn.ConvTranspose2d], widths: Sequence[int], sizes: Sequence[tuple[int, int, int]]
) -> list[nn.Module]:
    """Convolutions of these widths and sizes, leaky ReLUs between them, none after the last."""
    layers: list[nn.Module] = []
    for (inputs, outputs), (size, stride, padding) in zip(pairwise(widths), sizes, strict=True):
        layers += [kind(inputs, outputs, size, stride, padding), nn.LeakyReLU(SLOPE)]
    return layers[:-1]
