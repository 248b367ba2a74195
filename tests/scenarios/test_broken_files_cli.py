"""The broken scenarios as a user meets them: `dcplan check` and `dcplan run` end with 2 and a line per problem.

Both read and resolve with the same function, so `run` is asked of some of them only.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dcplan import cli
from scenarios.cases import CASES, Case, write

ASKED = [*((case, "check") for case in CASES), *((case, "run") for case in CASES[::8])]


@pytest.mark.parametrize(("case", "command"), ASKED, ids=[f"{case.name}-{command}" for case, command in ASKED])
def test_a_broken_scenario_ends_with_two_and_a_line_per_problem(
    case: Case,
    command: str,
    tmp_path: Path,
    profiles: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write(case, tmp_path, profiles)
    monkeypatch.chdir(tmp_path)
    settings = [word for setting in case.settings for word in ("--set", setting)]
    monkeypatch.setattr(sys, "argv", ["dcplan", command, str(path), *settings])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out, err = capsys.readouterr()
    assert end.value.code == 2
    assert out == ""
    assert len(err.splitlines()) == case.problems
    assert case.expected in err
    assert not (tmp_path / "reports").exists()
