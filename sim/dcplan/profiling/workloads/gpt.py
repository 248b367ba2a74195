"""GPT-2 small: writing text, in its two phases, each with the cache of keys and values that servers keep.

*Prefill* reads a prompt: all of its tokens at once, bound by arithmetic; the answer's first token comes out. *Decode*
writes one more token of each of *batch* answers that have *context* tokens in the cache: all weights and the whole
cache are read for a few operations each, so it is bound by memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dcplan.profiling.workloads.nets.gpt_shape import LAYERS, VOCABULARY, WIDTH
from dcplan.profiling.workloads.rotation import rotating
from dcplan.profiling.workloads.workload import Call, Recipe, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn

TOKENS = 512
"""Length of the sequences in the pool: the longest prompt that is measured."""


def cache_bytes_per_token(bytes_per_value: int = 4) -> int:
    """What the cache holds for each token of each sequence [B]: a key and a value in every layer.

    >>> cache_bytes_per_token()
    73728
    """
    return 2 * LAYERS * WIDTH * bytes_per_value


def build() -> nn.Module:
    """The model, weights random."""
    from dcplan.profiling.workloads.nets.gpt import Gpt

    return Gpt()


def samples(count: int) -> Samples:
    """*count* sequences of tokens of chance; the targets are the tokens that follow."""
    import torch

    text = torch.randint(VOCABULARY, (count, TOKENS + 1))
    return Samples((text[:, :-1].contiguous(),), text[:, 1:].contiguous())


def loss(logits: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
    """Softmax cross-entropy of every token against the one that follows."""
    from torch.nn.functional import cross_entropy

    return cross_entropy(logits.flatten(0, 1), following.flatten())


def prefill(model: nn.Module, pool: Samples, place: Mapping[str, int]) -> Call:
    """Read *batch* prompts of *tokens* tokens into a cache allocated beforehand; the logits of the next token."""
    import torch

    from dcplan.profiling.workloads.nets.gpt import empty_cache

    following = rotating(pool.inputs, place["batch"], place["tokens"])
    cache = empty_cache(model, place["batch"], place["tokens"])

    def call() -> object:
        with torch.inference_mode():
            return model(*following(), cache=cache)

    return call


def decode(model: nn.Module, pool: Samples, place: Mapping[str, int]) -> Call:
    """One more token for each of *batch* sequences; every call puts it in the same place, after *context* others."""
    import torch

    from dcplan.profiling.workloads.nets.gpt import filled_cache

    following = rotating(pool.inputs, place["batch"], tokens=1)
    cache = filled_cache(model, place["batch"], place["context"])

    def call() -> object:
        with torch.inference_mode():
            return model(*following(), cache=cache, start=place["context"])

    return call


GPT_SMALL = Workload(
    name="gpt-small",
    stands_for="text generation",
    description="Transformer decoder of 12 layers that writes text, with a cache of keys and values.",
    source="A. Radford et al., 'Language Models are Unsupervised Multitask Learners', 2019 (GPT-2, the small size)",
    sample="a sequence of so many tokens; in decode, one token of a sequence",
    parameters=124_439_808,
    recipe=Recipe(
        optimizer="adamw",
        learning_rate=6.25e-5,
        loss="softmax cross-entropy",
        batch=32,
        epochs=3,
        samples_per_epoch=100_000,
        source="fine-tuning as of its predecessor (Radford et al. 2018, section 4.1); size of the set our choice",
    ),
    tasks={
        "prefill": {"batch": (1, 2), "tokens": (32, 128, 512)},
        "decode": {"batch": (1, 2, 4, 8, 16, 32), "context": (128, 512, 1023)},
        "train": {"batch": (1, 2), "tokens": (128,)},
    },
    quick={
        "prefill": {"batch": (1,), "tokens": (32, 128)},
        "decode": {"batch": (1, 8), "context": (512,)},
        "train": {"batch": (1, 2), "tokens": (128,)},
    },
    pool=1024,
    build=build,
    samples=samples,
    loss=loss,
    steps={"prefill": prefill, "decode": decode},
)
