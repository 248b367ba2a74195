"""BERT, the base size (J. Devlin et al. 2018): a stack of transformer encoder layers with a classifier on top."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

VOCABULARY, POSITIONS, TYPES = 30_522, 512, 2
LAYERS, WIDTH, HEADS = 12, 768, 12
DROPOUT = 0.1
EPSILON = 1e-12


class SelfAttention(nn.Module):
    """Every token looks at every other, in several heads."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.output = nn.Linear(WIDTH, WIDTH)

    def forward(self, states: Tensor) -> Tensor:
        """What the tokens take from each other."""
        query, key, value = (self._heads(made(states)) for made in (self.query, self.key, self.value))
        mixed = scaled_dot_product_attention(query, key, value, dropout_p=DROPOUT if self.training else 0.0)
        out: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return out

    @staticmethod
    def _heads(states: Tensor) -> Tensor:
        return states.reshape(*states.shape[:-1], HEADS, WIDTH // HEADS).transpose(1, 2)


class Layer(nn.Module):
    """Attention and two dense layers, each followed by its addition to what went in and by normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = SelfAttention()
        self.dense = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH, EPSILON) for _ in range(2))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, states: Tensor) -> Tensor:
        """The states of the tokens after the layer."""
        states = self.norms[0](states + self.dropout(self.attention(states)))
        out: Tensor = self.norms[1](states + self.dropout(self.dense(states)))
        return out


class Embedding(nn.Module):
    """The sum of what a token is, where it stands and which of two sentences it belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self.token, self.position = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.sentence = nn.Embedding(TYPES, WIDTH)
        self.norm, self.dropout = nn.LayerNorm(WIDTH, EPSILON), nn.Dropout(DROPOUT)

    def forward(self, tokens: Tensor, sentences: Tensor) -> Tensor:
        """The states that the first layer starts from."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        total = self.token(tokens) + self.position(places) + self.sentence(sentences)
        out: Tensor = self.dropout(self.norm(total))
        return out


class Bert(nn.Module):
    """Embedding, layers, pooler and classifier."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.embedding = Embedding()
        self.layers = nn.Sequential(*(Layer() for _ in range(LAYERS)))
        self.pooler = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh())
        self.classifier = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(WIDTH, classes))
        self.apply(_initialise)

    def forward(self, tokens: Tensor, sentences: Tensor) -> Tensor:
        """Logits of the classes, from the state of the first token."""
        states = self.layers(self.embedding(tokens, sentences))
        out: Tensor = self.classifier(self.pooler(states[:, 0]))
        return out


def _initialise(module: nn.Module) -> None:
    """Normal weights of standard deviation 0.02, no biases; as published."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
