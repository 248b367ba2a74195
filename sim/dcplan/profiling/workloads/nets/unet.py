"""U-Net (O. Ronneberger et al. 2015): a contracting path, an expanding one, and connections straight across."""

from __future__ import annotations

import torch
from torch import Tensor, nn

DEPTH = 4
"""Times that the image is halved and the width doubled."""


class Unet(nn.Module):
    """The network for images of which both sides are multiples of 16."""

    def __init__(self, channels: int = 1, classes: int = 2, base: int = 64) -> None:
        super().__init__()
        widths = [base << level for level in range(DEPTH + 1)]
        inputs = [channels, *widths[:-1]]
        self.down = nn.ModuleList(_double(before, after) for before, after in zip(inputs, widths, strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in widths[-2::-1])
        self.merge = nn.ModuleList(_double(2 * width, width) for width in widths[-2::-1])
        self.pool, self.dropout = nn.MaxPool2d(2), nn.Dropout(0.5)
        self.head = nn.Conv2d(base, classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the classes of every pixel."""
        across: list[Tensor] = []
        for level, block in enumerate(self.down):
            images = block(self.pool(images) if level else images)
            images = self.dropout(images) if level >= DEPTH - 1 else images
            across.append(images)
        across.pop()
        for widen, merge in zip(self.up, self.merge, strict=True):
            images = merge(torch.cat([across.pop(), widen(images)], dim=1))
        out: Tensor = self.head(images)
        return out


def _double(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3x3 convolutions that keep the size of the image."""
    first, second = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
    for conv in (first, second):
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU())
