from __future__ import annotations

import re

import pytest

from dcplan.results.columns import SITE_LOADS, TABLES, Column

COLUMNS = [(table, column) for table, columns in TABLES.items() for column in columns]
each_column = pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda part: getattr(part, "name", part))

UNITS = {"_s": "s", "_w": "W", "_c": "degC", "_j": "J", "_usd": "USD", "_kg_s": "kg/s", "_slot_s": "s", "_l_s": "L/s"}


@each_column
def test_a_column_says_what_it_means(table: str, column: Column) -> None:
    assert column.meaning
    assert not column.meaning.endswith(".")


@each_column
def test_a_column_s_name_ends_in_its_unit(table: str, column: Column) -> None:
    ending = max((end for end in UNITS if column.name.endswith(end)), key=len, default=None)
    if ending is not None and column.dtype == "float64":
        assert column.unit == UNITS[ending]


@each_column
def test_numbers_have_a_unit_and_words_have_none(table: str, column: Column) -> None:
    if column.dtype == "float64":
        assert column.unit
    if column.dtype in ("str", "bool"):
        assert not column.unit


@pytest.mark.parametrize("table", TABLES)
def test_no_column_appears_twice(table: str) -> None:
    names = [column.name for column in TABLES[table]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_what_the_building_draws_is_in_the_site_table() -> None:
    assert set(SITE_LOADS) <= set(TABLES["site"])
