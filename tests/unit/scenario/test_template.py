from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.errors import InputError
from dcplan.scenario.load import load
from dcplan.scenario.template import write_new


@pytest.mark.parametrize("name", ["my-room", "5", "1e3", "null", "true", "-", "Übung_2"])
def test_the_scenario_that_is_written_is_valid_whatever_its_name(name: str, tmp_path: Path) -> None:
    assert load(write_new(name, tmp_path)).scenario.name == name


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a.yaml", "a b", "a\0"])
def test_a_name_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be a file name"):
        write_new(name, tmp_path)


def test_a_file_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("mine")
    with pytest.raises(InputError, match=r"a.yaml exists already"):
        write_new("a", tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "mine"
