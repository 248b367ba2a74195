"""Conversations: which requests go on with the same text, and how much of it was there before."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcplan.scenario.generation import Conversations

IntArray = NDArray[np.int64]


@dataclass
class Talks:
    """The conversations that are open, one in each session that had a request.

    Attributes:
        spec: How they end.
        chance: Whether they do.
        open: Of each session: number and tokens of its conversation so far.
        begun: Number of the conversation begun last.
    """

    spec: Conversations
    chance: np.random.Generator
    open: dict[int, tuple[int, int]] = field(default_factory=dict)
    begun: int = 0

    def turns(self, sessions: IntArray, news: IntArray, outputs: IntArray) -> tuple[IntArray, IntArray]:
        """Number of the conversation of each request, and its tokens before the request, [n] each.

        Args:
            sessions: Session of each request, [n].
            news: Tokens that it adds, [n].
            outputs: Tokens of its answer, [n].
        """
        texts, known = np.empty(len(sessions), dtype=np.int64), np.empty(len(sessions), dtype=np.int64)
        ends = (self.chance.random(len(sessions)) * self.spec.turns < 1.0).tolist()
        for k, (session, added) in enumerate(zip(sessions.tolist(), (news + outputs).tolist(), strict=True)):
            text, tokens = self.open.get(session) or (self._next(), 0)
            texts[k], known[k] = text, tokens
            over = ends[k] or tokens + added > self.spec.most
            self.open[session] = (self._next(), 0) if over else (text, tokens + added)
        return texts, known

    def _next(self) -> int:
        self.begun += 1
        return self.begun
