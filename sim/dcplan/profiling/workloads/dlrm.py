"""DLRM: recommendation, which looks up vectors in large tables and does little arithmetic with each.

The tables have the sizes of the Criteo Kaggle data set, none above 300,000 rows, so that they take 530 MB, not 8 GB.
Which category a sample has follows Zipf's law: few are frequent, and the frequent ones lie scattered over their table;
the samples of the pool touch 45 MB of rows. The look-ups take half of a call of one sample, but only a tenth of a large
batch on one thread of a processor: every feature has one category and not, as in some services, dozens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.profiling.workloads.workload import Recipe, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn

DENSE = 13
"""Features that are numbers."""
WIDTH = 64
"""Values in the vector of a category."""
CAP = 300_000
CRITEO = (
    *(1_460, 583, 10_131_227, 2_202_608, 305, 24, 12_517, 633, 3, 93_145, 5_683, 8_351_593, 3_194),
    *(27, 14_992, 5_461_306, 10, 5_652, 2_173, 4, 7_046_547, 18, 15, 286_181, 105, 142_572),
)
"""Categories of the 26 features of the Criteo Kaggle display advertising set, as in DLRM's published scripts."""
TABLES = tuple(min(rows, CAP) for rows in CRITEO)
"""Rows of each table."""
BOTTOM, TOP = (512, 256), (512, 256, 1)
"""Widths of the dense layers below (a last one has the width of the vectors) and above the dot products."""
ZIPF = 1.05
"""Exponent of Zipf's law."""


def build() -> nn.Module:
    """The model, weights random."""
    from dcplan.profiling.workloads.nets.dlrm import Dlrm

    return Dlrm(DENSE, TABLES, WIDTH, BOTTOM, TOP)


def samples(count: int) -> Samples:
    """*count* impressions: numbers of noise, categories by Zipf's law, clicked or not by chance."""
    import torch

    categories = torch.stack([_categories(rows, count) for rows in TABLES], dim=1)
    return Samples((torch.randn(count, DENSE), categories), torch.randint(2, (count,)).float())


def loss(logits: torch.Tensor, clicked: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    return binary_cross_entropy_with_logits(logits, clicked)


def _categories(rows: int, count: int) -> torch.Tensor:
    """*count* categories out of *rows*; which of them are the frequent ones is chance."""
    import torch

    frequencies = torch.arange(1, rows + 1, dtype=torch.float64) ** -ZIPF
    ranks = torch.multinomial(frequencies, count, replacement=True)
    return torch.randperm(rows)[ranks]


DLRM = Workload(
    name="dlrm",
    stands_for="recommendation",
    description="Recommendation model with 26 embedding tables that predicts whether an item is clicked.",
    source="M. Naumov et al., 'Deep Learning Recommendation Model for Personalization and Recommendation Systems', "
    "2019, arXiv:1906.00091; tables capped at 300,000 rows",
    sample="an impression: 13 numbers and 26 categories",
    parameters=132_934_465,
    recipe=Recipe(
        optimizer="sgd",
        learning_rate=0.1,
        loss="binary cross-entropy",
        batch=128,
        epochs=1,
        samples_per_epoch=39_291_958,
        source="DLRM's published script for Criteo Kaggle (rate, batch, one epoch); six of the seven days of that set",
    ),
    tasks={
        "infer": {"batch": (1, 4, 16, 64, 128, 256, 512, 1024, 2048, 4096)},
        "train": {"batch": (64, 128, 256, 512, 1024, 2048)},
    },
    quick={"infer": {"batch": (1, 64, 1024)}, "train": {"batch": (128, 1024)}},
    pool=65_536,
    build=build,
    samples=samples,
    loss=loss,
)
