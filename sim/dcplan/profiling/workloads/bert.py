"""BERT base: reading text, such as sorting messages or judging whether a passage answers a question.

All sequences of a batch are as long as the point says; there is no padding, so no attention mask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.profiling.workloads.workload import Recipe, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn

TOKENS = 256
"""Length of the sequences in the pool: the longest that is measured."""


def build() -> nn.Module:
    """The model with a classifier of two classes, weights random."""
    from dcplan.profiling.workloads.nets.bert import Bert

    return Bert(classes=2)


def samples(count: int) -> Samples:
    """*count* pairs of sentences of tokens of chance, with labels of chance."""
    import torch

    from dcplan.profiling.workloads.nets.bert import VOCABULARY

    tokens = torch.randint(VOCABULARY, (count, TOKENS))
    sentences = (torch.arange(TOKENS) % 32 >= 16).long().expand(count, TOKENS).contiguous()
    return Samples((tokens, sentences), torch.randint(2, (count,)))


def loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Softmax cross-entropy."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits, labels)


BERT_BASE = Workload(
    name="bert-base",
    stands_for="text understanding",
    description="Transformer encoder of 12 layers that classifies a text into two classes.",
    source="J. Devlin et al., 'BERT: Pre-training of Deep Bidirectional Transformers', 2018, arXiv:1810.04805",
    sample="a text of so many tokens",
    parameters=109_483_778,
    recipe=Recipe(
        optimizer="adamw",
        learning_rate=2e-5,
        loss="softmax cross-entropy",
        batch=32,
        epochs=3,
        samples_per_epoch=67_349,
        source="Devlin et al. 2018, section 4.1: fine-tuning; as many texts as SST-2",
    ),
    tasks={
        "infer": {"batch": (1, 2, 4, 8), "tokens": (32, 128, 256)},
        "train": {"batch": (1, 2, 4), "tokens": (128,)},
    },
    quick={"infer": {"batch": (1, 8), "tokens": (128,)}, "train": {"batch": (1, 4), "tokens": (128,)}},
    pool=2048,
    build=build,
    samples=samples,
    loss=loss,
)
