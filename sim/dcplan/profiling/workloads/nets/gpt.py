"""GPT-2, the small size (A. Radford et al. 2019): transformer decoder layers, and a cache of keys and values.

The cache is one tensor, allocated once for the longest sequence: layer, key or value, sequence, head, place, value.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention

from dcplan.profiling.workloads.nets.gpt_shape import CONTEXT, HEADS, LAYERS, VOCABULARY, WIDTH


class CausalAttention(nn.Module):
    """Every token looks at itself and at those before it, in several heads."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)

    def forward(self, states: Tensor, cache: Tensor | None, start: int) -> Tensor:
        """What the tokens, the first being number *start* of its sequence, take from those before them."""
        split = self.mixed(states).unflatten(-1, (3, HEADS, WIDTH // HEADS)).permute(2, 0, 3, 1, 4)
        query, key, value = split.unbind()
        if cache is not None:
            end = start + states.shape[1]
            cache[:, :, :, start:end] = split[1:]
            key, value = cache[:, :, :, :end].unbind()
        mask = _mask(states.shape[1], start, states.device)
        mixed = scaled_dot_product_attention(query, key, value, mask, is_causal=start == 0)
        out: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return out


class Layer(nn.Module):
    """Attention and two dense layers, each preceded by normalisation and added to what went in."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = CausalAttention()
        self.dense = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU("tanh"), nn.Linear(4 * WIDTH, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))

    def forward(self, states: Tensor, cache: Tensor | None, start: int) -> Tensor:
        """The states of the tokens after the layer."""
        states = states + self.attention(self.norms[0](states), cache, start)
        out: Tensor = states + self.dense(self.norms[1](states))
        return out


class Gpt(nn.Module):
    """Embedding, layers, and a head that shares its weights with the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.token, self.position = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.apply(_initialise)

    def forward(self, tokens: Tensor, cache: Tensor | None = None, start: int = 0) -> Tensor:
        """Logits of the token after each, or after the last alone if there is a *cache*, which is filled up."""
        places = torch.arange(start, start + tokens.shape[1], device=tokens.device)
        states = self.token(tokens) + self.position(places)
        for index, layer in enumerate(self.layers):
            states = layer(states, None if cache is None else cache[index], start)
        if cache is not None:
            states = states[:, -1:]
        return linear(self.norm(states), self.token.weight)


def empty_cache(model: nn.Module, batch: int, capacity: int) -> Tensor:
    """A cache for *batch* sequences of up to *capacity* tokens, where and in the format of *model*'s weights."""
    like = next(model.parameters())
    return torch.zeros(LAYERS, 2, batch, HEADS, capacity, WIDTH // HEADS, dtype=like.dtype, device=like.device)


def filled_cache(model: nn.Module, batch: int, context: int) -> Tensor:
    """A cache that holds *context* tokens of chance (the same for all sequences) and has room for one more."""
    cache = empty_cache(model, batch, context + 1)
    cache[..., :context, :] = torch.randn_like(cache[:, :, :1, :, :context])
    return cache


def _mask(tokens: int, start: int, device: torch.device) -> Tensor | None:
    """What each token may look at; None if the rule is simple: all before it, or all that there is."""
    if start == 0 or tokens == 1:
        return None
    return torch.ones(tokens, start + tokens, dtype=torch.bool, device=device).tril(start)


def _initialise(module: nn.Module) -> None:
    """Normal weights of standard deviation 0.02, no biases."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
