from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.errors import InputError
from dcplan.results import store
from dcplan.results.columns import TABLES
from dcplan.results.store import Run, frame, joined

JOBS = [
    {
        "replication": 0, "queue": "q", "job": number, "submit_s": 0.0, "start_s": 1.0,
        "end_s": float("nan"), "slots": 1, "work_s": 2.5, "soonest_s": float("nan"), "saved": 0.0,
    }
    for number in range(3)
]  # fmt: skip


def run(name: str = "my run") -> Run:
    tables = {"jobs": frame("jobs", JOBS), "warnings": frame("warnings", [{"message": "beware"}])}
    return Run("name: my run\n", {"seed": 1}, {"schema": 1, "scenario": name, "kpis": {}}, tables)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_without_rows_has_its_columns_and_types(table: str) -> None:
    empty = frame(table, [])
    assert list(empty.columns) == [column.name for column in TABLES[table]]
    assert [str(dtype) for dtype in empty.dtypes] == [column.dtype for column in TABLES[table]]


def test_rows_and_columns_make_the_same_table() -> None:
    columns = {key: [row[key] for row in JOBS] for key in JOBS[0]}
    pd.testing.assert_frame_equal(frame("jobs", JOBS), frame("jobs", columns))


def test_one_value_fills_a_whole_column() -> None:
    table = frame("batches", {"replication": 3, "endpoint": "a", "size": np.array([1, 2]), "count": np.array([5, 6])})
    assert table["replication"].tolist() == [3, 3]


def test_columns_keep_their_declared_order() -> None:
    shuffled = [dict(reversed(row.items())) for row in JOBS]
    assert list(frame("jobs", shuffled).columns) == [column.name for column in TABLES["jobs"]]


def test_tables_of_replications_are_joined_in_order() -> None:
    first, second = ({"jobs": frame("jobs", [row | {"replication": number} for row in JOBS])} for number in (0, 1))
    table = joined([first, second])["jobs"]
    assert table["replication"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table.index.tolist() == list(range(6))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    store.write(run(), tmp_path / "run")
    back = store.read(tmp_path / "run")
    assert (back.scenario_text, back.manifest, back.kpis) == (run().scenario_text, run().manifest, run().kpis)
    assert back.name == "my run"
    assert set(back.tables) == {"jobs", "warnings"}
    for name, table in run().tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table)


def test_a_parquet_file_knows_the_unit_and_meaning_of_every_column(tmp_path: Path) -> None:
    store.write(run(), tmp_path)
    schema = pq.read_schema(tmp_path / "tables" / "jobs.parquet")
    for column in TABLES["jobs"]:
        metadata = schema.field(column.name).metadata
        assert metadata[b"unit"].decode() == column.unit
        assert metadata[b"meaning"].decode() == column.meaning


def test_a_run_that_was_there_before_is_replaced(tmp_path: Path) -> None:
    store.write(run(), tmp_path)
    store.write(Run("", {}, {"scenario": "b"}, {"warnings": frame("warnings", [])}), tmp_path)
    back = store.read(tmp_path)
    assert back.name == "b"
    assert set(back.tables) == {"warnings"}


def test_the_same_run_is_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        store.write(run(), tmp_path / folder)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is no run folder; name a folder that 'dcplan run' has written"):
        store.read(tmp_path)


@pytest.mark.parametrize("file", ["kpis.json", "manifest.json", "scenario.resolved.yaml", "tables/jobs.parquet"])
def test_a_damaged_run_is_told(file: str, tmp_path: Path) -> None:
    store.write(run(), tmp_path)
    (tmp_path / file).write_bytes(b"\xff\x00 garbage")
    with pytest.raises(InputError, match="this run is damaged"):
        store.read(tmp_path)


@pytest.mark.parametrize("file", ["kpis.json", "scenario.resolved.yaml", "tables/jobs.parquet"])
def test_a_run_with_a_file_missing_is_told(file: str, tmp_path: Path) -> None:
    store.write(run(), tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(InputError, match="this run is damaged"):
        store.read(tmp_path)


@pytest.mark.parametrize("file", ["kpis.json", "scenario.resolved.yaml"])
def test_a_file_that_was_changed_after_the_run_is_named(file: str, tmp_path: Path) -> None:
    store.write(run(), tmp_path)
    (tmp_path / file).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=f"{file} changed since the run; run it again"):
        store.read(tmp_path)


@pytest.mark.parametrize("content", ["[]", "{}", '{"files": 3}', "x"])
def test_a_manifest_that_is_none_is_told(content: str, tmp_path: Path) -> None:
    store.write(run(), tmp_path)
    (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="this run is damaged"):
        store.read(tmp_path)


def test_a_run_s_name_depends_on_scenario_and_manifest_only() -> None:
    assert store.run_id("a", {"x": 1, "y": 2}) == store.run_id("a", {"y": 2, "x": 1})
    assert len({store.run_id("a", {"x": 1}), store.run_id("a", {"x": 2}), store.run_id("b", {"x": 1})}) == 3


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("my room", "my-room"),
        ("../../etc", "etc"),
        ("<script>", "script"),
        ("...", "run"),
        ("", "run"),
        ("a/b\\c", "a-b-c"),
    ],
)
def test_a_folder_name_is_made_of_a_scenario_s(name: str, slug: str) -> None:
    assert store.slug(name) == slug


@given(st.text(max_size=80))
def test_a_folder_name_never_leads_elsewhere(name: str) -> None:
    slug = store.slug(name)
    assert slug
    assert slug not in (".", "..")
    assert "/" not in slug


def test_json_is_finite_and_ends_in_a_line() -> None:
    assert json.loads(store.to_json({"a": np.float64(0.5), "b": np.int64(3), "c": None})) == {
        "a": 0.5,
        "b": 3,
        "c": None,
    }
    assert store.to_json({}) == "{}\n"
    with pytest.raises(ValueError, match="JSON compliant"):
        store.to_json({"a": float("nan")})
    with pytest.raises(TypeError, match="set does not belong in a result"):
        store.to_json({"a": {1}})
