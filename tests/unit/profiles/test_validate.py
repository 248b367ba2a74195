"""Each thing that can be wrong with a profile folder is broken in a copy, and is then named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import measured
from dcplan.profiles.library import shipped
from dcplan.profiles.validate import problems, profile_folders


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return measured.write_profile(tmp_path_factory.mktemp("whole") / "compute" / "abacus" / "net", accuracy=True)


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "compute" / "abacus" / "net"))


@pytest.mark.parametrize("folder", profile_folders(shipped("profiles")), ids=lambda folder: folder.name)
def test_shipped_profiles_are_whole(folder: Path) -> None:
    assert problems(folder) == []


def test_all_shipped_profiles_are_found() -> None:
    assert len(profile_folders(shipped("profiles"))) > 20


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"source": "rapl"},
        {"source": "model"},
        {"variants": ({}, {"precision": "int8"}, {"streams": 4})},
        {"tasks": {"decode": (1, 8)}, "axes": {"decode": [(0, 128), (0, 512)]}},
    ],
)
def test_a_whole_profile_has_no_problem(tmp_path: Path, settings: dict[str, Any]) -> None:
    assert problems(measured.write_profile(tmp_path / "compute" / "abacus" / "net", **settings)) == []


def test_a_folder_without_a_header_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path / 'profile.yaml'}: is missing; name the folder of a profile"]


@pytest.mark.parametrize(
    ("text", "said"), [("a: [", "cannot be read"), ("- a", "is not a profile"), ("\x00", "cannot be read")]
)
def test_a_header_that_cannot_be_read_is_one_sentence(folder: Path, text: str, said: str) -> None:
    (folder / "profile.yaml").write_text(text)
    (sentence,) = problems(folder)
    assert said in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("header", "said"),
    [
        *(({name: None}, f"does not say its {name};") for name in ("schema", "kind", "source", "year", "licence")),
        ({"description": "  "}, "does not say its description;"),
        ({"derivation": None}, "does not say its derivation;"),
        ({"schema": 3}, "schema 3 is not known; known are 1, 2"),
        ({"kind": "guessed"}, "kind 'guessed' is not known; known are measured,"),
        ({"year": "soon"}, "year 'soon' is not a year"),
        ({"values": [1]}, "values is not a table of names"),
        ({"values": {"a": {"value": float("nan"), "unit": "W"}}}, "values.a.value is nan; write a finite number"),
        ({"values": {"a": {"value": "many", "unit": "W"}}}, "values.a has the value 'many', which is not a number"),
        ({"values": {"a": {"value": True, "unit": "W"}}}, "values.a has the value 'True'"),
        ({"values": {"a": {"value": 3, "low": 4, "high": 5}}}, "values.a is 3, outside its own range 4 to 5"),
        ({"values": {"a": [{"b": float("inf")}]}}, "values.a[0].b is inf"),
        ({"files": ["infer.csv"]}, "files is not a table of names"),
    ],
    ids=str,
)
def test_what_the_header_lacks_is_said(folder: Path, header: dict[str, Any], said: str) -> None:
    measured.rewrite(folder, **header)
    sentences = problems(folder)
    assert any(said in sentence for sentence in sentences), sentences
    assert all(sentence.startswith(str(folder)) and "; " in sentence for sentence in sentences)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "histogram.csv").unlink()
    assert problems(folder) == [
        f"{folder / 'histogram.csv'}: is named in files but is not there; restore it or measure again"
    ]


def test_a_changed_file_is_named(folder: Path) -> None:
    path = folder / "accuracy.csv"
    path.write_text(path.read_text() + "\n")
    (sentence,) = problems(folder)
    assert sentence.startswith(f"{path}: was changed since it was written")


def test_files_may_be_sentences_without_hashes(folder: Path) -> None:
    measured.rewrite(folder, files={path.name: "a table" for path in folder.glob("*.csv")})
    assert problems(folder) == []


@pytest.mark.parametrize(("entry", "said"), [({"meaning": "a table"}, "has no sha256"), (None, "not named in files")])
def test_a_table_must_be_listed_with_its_hash(folder: Path, entry: dict[str, str] | None, said: str) -> None:
    files = measured.read_header(folder)["files"]
    del files["infer.csv"]
    measured.rewrite(folder, files=files | ({"infer.csv": entry} if entry else {}))
    (sentence,) = problems(folder)
    assert said in sentence


def test_a_column_that_nobody_explains_is_named(folder: Path) -> None:
    columns = measured.read_header(folder)["columns"]
    columns["batch"]["meaning"] = ""
    del columns["cpu_s"]
    measured.rewrite(folder, columns=columns)
    sentences = problems(folder)
    assert any("infer.csv: has columns that the header does not explain: batch;" in one for one in sentences)
    assert any("windows.csv: has columns that the header does not explain: cpu_s;" in one for one in sentences)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"time_low_s": 1.0}, "time_mean_s 0.00046 is not within its interval 1 to"),
        ({"time_high_s": None}, "is not within its interval"),
        ({"time_mean_s": -1}, "time_mean_s is -1.0, not a positive time"),
        ({"time_mean_s": "soon"}, "time_mean_s is soon, not a positive time"),
        ({"q050_s": 0.0}, "quantiles q050_s are not positive times"),
        ({"q075_s": 1e-4}, "quantiles fall at q075_s"),
        ({"p99_low_s": 1.0}, "p99_s 0.000598 is not within its interval 1 to"),
        ({"p90_early_stopping_s": 1e-4}, "p90_early_stopping_s 0.0001 is below p90_s 0.000506"),
        ({"batch": 0}, "batch is 0, not a positive whole number"),
        ({"batch": 1.5}, "batch is 1.5, not a positive whole number"),
        ({"tokens": -1}, "tokens is -1, not a whole number"),
        ({"samples": 7}, "samples is 7, but calls x batch x calls at once is 1000"),
        ({"verdict": "FINE"}, "verdict 'FINE' is none of VALID"),
        ({"verdict": "UNSTABLE"}, "verdict 'UNSTABLE' is none of VALID"),
        ({"verdict": None}, "verdict 'nan' is none of VALID"),
        ({"throughput_per_s": 2200}, "throughput_per_s is 2200, but batch x calls at once / time_mean_s is 2173.91"),
        ({"flop_per_s": 1e9}, "flop_per_s is 1e+09, but"),
        ({"cpu_s_per_sample": -1}, "cpu_s_per_sample is negative"),
        ({"power_w": 90}, "power_w filled although power.source is none; power without a meter stays empty"),
    ],
    ids=str,
)
def test_a_row_that_contradicts_itself_is_named(folder: Path, cells: dict[str, Any], said: str) -> None:
    measured.change(folder, "infer.csv", **cells)
    sentences = problems(folder)
    assert any(said in sentence for sentence in sentences), sentences
    assert all(f"{folder / 'infer.csv'}: line 2 (batch " in sentence for sentence in sentences)


def test_modelled_power_must_say_so(tmp_path: Path) -> None:
    folder = measured.write_profile(tmp_path / "compute" / "abacus" / "net", source="model")
    measured.change(folder, "infer.csv", power_flags=None)
    (sentence,) = problems(folder)
    assert "power is modelled, and power_flags does not say so" in sentence


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("windows.csv", {"point": 99}, "point 99 is in no table"),
        ("windows.csv", {"phase": "measured"}, "point 0 has 6 windows, its row says 5"),
        ("windows.csv", {"phase": "measured"}, "point 0 has 1200 calls, its row says 1000"),
        ("histogram.csv", {"point": 99}, "point 99 is in no table"),
        ("histogram.csv", {"count": 1}, "point 0 has 701 calls, its row says 1000"),
        ("infer.csv", {"point": 1}, "point 1 is there twice"),
    ],
    ids=str,
)
def test_tables_that_contradict_each_other_are_named(folder: Path, name: str, cells: dict[str, Any], said: str) -> None:
    measured.change(folder, name, **cells)
    sentences = problems(folder)
    assert any(sentence.startswith(f"{folder / name}: ") and said in sentence for sentence in sentences), sentences


@pytest.mark.parametrize("name", ["verdict", "time_mean_s", "q050_s"])
def test_a_missing_column_is_named(folder: Path, name: str) -> None:
    path = folder / "infer.csv"
    path.write_text(path.read_text().replace(f",{name},", f",other_{name},"))
    assert any(f"infer.csv: has no column {name};" in sentence for sentence in problems(folder))


def remove_tasks(folder: Path) -> None:
    for name in ("infer.csv", "train.csv"):
        (folder / name).unlink()


def empty(folder: Path) -> None:
    (folder / "infer.csv").write_text("")


@pytest.mark.parametrize(
    ("spoil", "said"), [(remove_tasks, "no table of a task"), (empty, "cannot be read as a table")]
)
def test_missing_and_empty_tables_are_named(folder: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(folder)
    assert any(said in sentence for sentence in problems(folder))
