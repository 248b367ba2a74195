"""Text generated token by token: how long prompts and answers are, and how replicas batch them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.scenario.base import Bandwidth, Bytes, Count, PositiveDuration, Spec

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


class Recompute(Spec):
    """A preempted sequence starts over: its prompt and the tokens that it has are processed again."""

    kind: Literal["recompute"]


class Swap(Spec):
    """The KV cache of a preempted sequence goes to host memory and comes back, and the replica waits for it."""

    kind: Literal["swap"]
    bandwidth: Bandwidth
    """Between a replica and its host memory, one way at a time, e.g. '25 GB/s'."""
    memory: Bytes
    """Host memory of a replica for this; sequences that find it full start over."""


Preempt = Annotated[Recompute | Swap, Field(discriminator="kind")]


class Disaggregated(Spec):
    """Some replicas process prompts, and hand the KV cache over to the others, which write the answers."""

    prefill_replicas: Count
    """How many of the replicas process prompts, one at a time each."""
    bandwidth: Bandwidth
    """Of the link of each of the others, over which KV caches come one after another, e.g. '25 GB/s'."""


class Conversations(Spec):
    """Requests are turns of conversations, one in each session at a time: what was said comes before what is new."""

    turns: Annotated[float, Field(ge=1, le=1_000_000)]
    """Mean number of turns; after each one a conversation ends with the same probability, and the next one begins."""
    most: TokenCount
    """Tokens of the longest context; a conversation that has grown longer ends."""


class Generation(Spec):
    """Continuous batching of prompts and answers."""

    prompt: Tokens
    """Tokens of a prompt, or of what is new in a turn of a conversation."""
    output: Tokens
    """Tokens of an answer."""
    max_batch: Annotated[int, Field(ge=1, le=4096, strict=True)]
    """Most sequences that a replica decodes together."""
    kv_tokens: TokenCount
    """Tokens that the KV cache of a replica holds; if they do not suffice, the last sequence is preempted."""
    block: Annotated[int, Field(ge=1, le=4096, strict=True)] = 16
    """Tokens in a block of that cache."""
    preempt: Preempt = Recompute(kind="recompute")
    """What becomes of a sequence that the KV cache has no room for any more."""
    kv_per_token: Bytes | None = None
    """Size of the KV cache of a token, where it is moved: 2 x layers x KV heads x head size x bytes of a value."""
    conversations: Conversations | None = None
    """Prompts begin with what was said before in the same of the `sessions`; each is new if not given."""
    prefix_cache: Annotated[bool, Field(strict=True)] = False
    """Whether a replica keeps what it has processed while nobody needs the blocks, so as not to process it again."""
    chunk: TokenCount | None = None
    """Prompts are processed in chunks of so many tokens, in turns with decoding; all at once if not given."""
    disaggregated: Disaggregated | None = None
    """Prompts have replicas of their own; all replicas do everything if not given."""
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
        if self.prefix_cache and self.conversations is None:
            raise ValueError(
                "prefix_cache needs prompts that begin alike; add e.g. conversations: {turns: 5, most: 2048}"
            )
        self._check_moves()
        return self

    def _check_moves(self) -> None:
        """Raise a ValueError if the KV cache is moved and nobody says how large it is, or it has no room."""
        swap = self.preempt if isinstance(self.preempt, Swap) else None
        mover = "disaggregated" if self.disaggregated else "preempt: {kind: swap}" if swap else ""
        if mover and self.kv_per_token is None:
            raise ValueError(f"{mover} moves the KV cache; say how large it is, e.g. 'kv_per_token: 128 kB'")
        block_bytes = self.block * (self.kv_per_token or 0.0)
        if swap and swap.memory < block_bytes:
            raise ValueError(
                f"host memory of {swap.memory:g} B cannot hold a block of {self.block} tokens ({block_bytes:g} B); "
                "give more, or use preempt: {kind: recompute}"
            )

    @property
    def promises(self) -> bool:
        """Whether anything was promised of tokens."""
        return self.ttft is not None or self.tpot is not None

    @property
    def longest_prompt(self) -> int:
        """Tokens of the longest prompt, with what was said before."""
        return self.prompt.most + (self.conversations.most if self.conversations else 0)

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence, prompt and answer."""
        return self.longest_prompt + self.output.most

    @property
    def may_preempt(self) -> bool:
        """Whether the KV cache can run out."""
        return self.kv_tokens // self.block < self.enough // self.block

    @property
    def may_start_over(self) -> bool:
        """Whether a sequence may have to start over; those that are preempted at a time are no more than a batch."""
        swap, size = self.preempt, self.kv_per_token or 0.0
        return self.may_preempt and not (isinstance(swap, Swap) and swap.memory >= self.enough * size)

    @property
    def enough(self) -> int:
        """Tokens of a KV cache that never runs out."""
        return self.max_batch * -(-self.longest // self.block) * self.block
