from __future__ import annotations

import numpy as np
import pytest

from dcplan.scenario.generation import Conversations
from dcplan.workload.conversations import Talks

COUNT = 100_000


def talks(turns: float, most: int = 10_000_000) -> Talks:
    return Talks(Conversations(turns=turns, most=most), np.random.default_rng(1))


def test_a_turn_begins_with_all_that_was_said_before() -> None:
    news, outputs = np.array([5, 6, 7, 8]), np.array([10, 20, 30, 40])
    texts, known = talks(1_000_000).turns(np.array([3, 3, 9, 3]), news, outputs)
    assert known.tolist() == [0, 15, 0, 41]
    assert texts.tolist() == [1, 1, 2, 1]


def test_a_conversation_goes_on_in_the_next_block() -> None:
    open_ones, one = talks(1_000_000), np.ones(1, dtype=np.int64)
    for turn in range(4):
        texts, known = open_ones.turns(one, one, one)
        assert (texts.tolist(), known.tolist()) == ([1], [2 * turn])


def test_conversations_have_as_many_turns_as_was_asked_for() -> None:
    sessions, one = np.random.default_rng(2).integers(0, 50, COUNT), np.ones(COUNT, dtype=np.int64)
    texts, _ = talks(4.0).turns(sessions, one, one)
    assert np.bincount(texts)[1:].mean() == pytest.approx(4.0, rel=0.02)
    assert talks(1.0).turns(sessions, one, one)[1].tolist() == [0] * COUNT


def test_a_conversation_that_has_grown_too_long_ends() -> None:
    one = np.ones(6, dtype=np.int64)
    texts, known = talks(1_000_000, most=5).turns(one, one, 2 * one)
    assert known.tolist() == [0, 3, 0, 3, 0, 3]
    assert texts.tolist() == [1, 1, 2, 2, 3, 3]
