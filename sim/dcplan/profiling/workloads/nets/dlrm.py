"""DLRM (M. Naumov et al. 2019): embeddings of categories and a dense net, dotted with each other, then a second net."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class Dlrm(nn.Module):
    """Bottom net, embedding tables, dot products of all pairs, top net."""

    def __init__(
        self, dense: int, tables: Sequence[int], width: int, bottom: Sequence[int], top: Sequence[int]
    ) -> None:
        super().__init__()
        self.bottom = nn.Sequential(*_dense((dense, *bottom, width)))
        self.tables = nn.ModuleList(_table(rows, width) for rows in tables)
        vectors = 1 + len(tables)
        self.register_buffer("pairs", torch.tril_indices(vectors, vectors, -1), persistent=False)
        self.top = nn.Sequential(*_dense((width + vectors * (vectors - 1) // 2, *top))[:-1])

    def forward(self, dense: Tensor, categories: Tensor) -> Tensor:
        """The logit of a click, one per sample."""
        first = self.bottom(dense)
        found = [table(rows) for table, rows in zip(self.tables, torch.split(categories, 1, dim=1), strict=True)]
        vectors = torch.stack([first, *found], dim=1)
        rows, columns = self.get_buffer("pairs")
        dots = torch.bmm(vectors, vectors.transpose(1, 2))[:, rows, columns]
        logits: Tensor = self.top(torch.cat([first, dots], dim=1))
        return logits.squeeze(1)


def _dense(widths: Sequence[int]) -> list[nn.Module]:
    """Dense layers of these widths, each with its ReLU."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return layers


def _table(rows: int, width: int) -> nn.EmbeddingBag:
    """A table whose gradients touch only the rows that were looked up."""
    weights = torch.empty(rows, width).uniform_(-(rows**-0.5), rows**-0.5)
    return nn.EmbeddingBag(rows, width, mode="sum", sparse=True, _weight=weights)
