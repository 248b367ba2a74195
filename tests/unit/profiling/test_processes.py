"""Processes at once: their answers in order, and their failures."""

from __future__ import annotations

import operator

import pytest

from dcplan.profiling.processes import together


def test_a_failure_in_a_process_is_told_here() -> None:
    with pytest.raises(RuntimeError, match="a process failed: TypeError"):
        together(1, operator.neg)


def test_a_process_that_takes_too_long_is_ended() -> None:
    with pytest.raises(RuntimeError, match="did not finish in time"):
        together(1, operator.eq, timeout_s=0)
