"""ResNet-50 (K. He et al. 2015), with the stride in the 3x3 convolution of a block, known as version 1.5."""

from __future__ import annotations

from torch import Tensor, nn

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Width and number of blocks of each stage."""
EXPANSION = 4
"""A block puts out so many times its width."""


def convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the size of the image (but for its stride), and its batch normalisation."""
    conv = nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, around which the input is added to the output."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = EXPANSION * width
        self.branch = nn.Sequential(
            *(convolution(inputs, width, 1), nn.ReLU()),
            *(convolution(width, width, 3, stride), nn.ReLU()),
            convolution(width, outputs, 1),
        )
        changed = stride != 1 or inputs != outputs
        self.shortcut: nn.Module = convolution(inputs, outputs, 1, stride) if changed else nn.Identity()
        self.activation = nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        """Feature maps after the block."""
        out: Tensor = self.activation(self.branch(images) + self.shortcut(images))
        return out


def resnet50(classes: int = 1000) -> nn.Sequential:
    """The network: stem, four stages of bottleneck blocks, global average, one dense layer."""
    layers: list[nn.Module] = [convolution(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)]
    inputs = 64
    for stage, (width, blocks) in enumerate(STAGES):
        for block in range(blocks):
            layers.append(Bottleneck(inputs, width, 2 if stage and not block else 1))
            inputs = EXPANSION * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))
