from __future__ import annotations

import pytest

from dcplan.errors import ConservationError, DcplanError, InputError, Problem, ScenarioError


def test_a_problem_names_file_line_and_key() -> None:
    assert str(Problem("a.yaml", 5, "halls.a", "too small")) == "a.yaml:5: halls.a: too small"


def test_a_problem_without_line_or_key_leaves_them_out() -> None:
    assert str(Problem("a.yaml", None, "", "empty")) == "a.yaml: empty"


def test_a_problem_is_one_line_that_any_terminal_can_show() -> None:
    told = str(Problem("a.yaml", 1, "x\ny", "\x1b[31m \u202e \ud800 é"))
    assert told == "a.yaml:1: x\\ny: \\x1b[31m \\u202e \\ud800 é"


def test_problems_are_sorted_by_file_and_line_and_told_once() -> None:
    late, early, other = Problem("a", 10, "k", "m"), Problem("a", 9, "k", "m"), Problem("b", 1, "k", "m")
    error = ScenarioError([other, late, early, late])
    assert error.problems == [early, late, other]
    assert str(error) == "a:9: k: m\na:10: k: m\nb:1: k: m"


def test_a_problem_without_a_line_comes_first() -> None:
    whole, first = Problem("a", None, "", "m"), Problem("a", 1, "", "m")
    assert ScenarioError([first, whole]).problems == [whole, first]


def test_an_input_error_says_the_remedy_after_the_problem() -> None:
    assert str(InputError("no batch 96", "measure it")) == "no batch 96; measure it"
    assert str(InputError("no batch 96")) == "no batch 96"


@pytest.mark.parametrize("kind", [InputError, ScenarioError, ConservationError])
def test_every_error_is_a_dcplan_error(kind: type[Exception]) -> None:
    assert issubclass(kind, DcplanError)
