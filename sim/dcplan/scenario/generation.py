"""Text generated token by token: how long prompts and answers are, and how replicas batch them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from dcplan.scenario.base import PositiveDuration, Spec

TokenCount = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]


class Tokens(Spec):
    """How many tokens: lognormal, rounded, and cut off at `least` and `most`."""

    mean: Annotated[float, Field(ge=1, le=10_000_000)]
    """Mean number, before it is cut off."""
    cv: Annotated[float, Field(ge=0, le=20)] = 1.0
    """Coefficient of variation; 0 for always the same."""
    least: TokenCount = 1
    """Fewest; shorter ones become this long."""
    most: TokenCount
    """Most; longer ones are cut off."""

    @model_validator(mode="after")
    def _in_order(self) -> Tokens:
        if not self.least <= self.mean <= self.most:
            raise ValueError(f"the mean ({self.mean:g}) must lie between least ({self.least}) and most ({self.most})")
        return self


class Generation(Spec):
    """Continuous batching of prompts and answers."""

    prompt: Tokens
    """Tokens of a prompt."""
    output: Tokens
    """Tokens of an answer."""
    max_batch: Annotated[int, Field(ge=1, le=4096, strict=True)]
    """Most sequences that a replica decodes together."""
    kv_tokens: TokenCount
    """Tokens that the KV cache of a replica holds; if they do not suffice, the last sequence starts over later."""
    block: Annotated[int, Field(ge=1, le=4096, strict=True)] = 16
    """Tokens in a block of that cache."""
    chunk: TokenCount | None = None
    """Prompts are processed in chunks of so many tokens, in turns with decoding; all at once if not given."""
    ttft: PositiveDuration | None = None
    """Promised time to the first token."""
    tpot: PositiveDuration | None = None
    """Promised time per further token, mean over an answer."""

    @model_validator(mode="after")
    def _fits(self) -> Generation:
        if self.kv_tokens < self.longest + self.block:
            raise ValueError(
                f"the longest sequence has {self.longest} tokens, and a KV cache of {self.kv_tokens} cannot hold it; "
                f"give kv_tokens of {self.longest + self.block} or more, or lower 'most'"
            )
        return self

    @property
    def promises(self) -> bool:
        """Whether anything was promised of tokens."""
        return self.ttft is not None or self.tpot is not None

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence, prompt and answer."""
        return self.prompt.most + self.output.most

    @property
    def may_preempt(self) -> bool:
        """Whether the KV cache can run out."""
        return self.kv_tokens // self.block < self.enough // self.block

    @property
    def enough(self) -> int:
        """Tokens of a KV cache that never runs out."""
        return self.max_batch * -(-self.longest // self.block) * self.block
