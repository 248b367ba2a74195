from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.errors import ScenarioError
from dcplan.scenario import source


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("02:00", "02:00"),
        ("2025-07-07", "2025-07-07"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("010", 10),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("[1, {a: b}]", [1, {"a": "b"}]),
        ("&a [1]", [1]),
        ("[&a 1, *a]", [1, 1]),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    assert source.scalar(text) == value


@pytest.mark.parametrize(
    "text",
    ["!!int x", "!!float x", "!!bool x", "!!null x", "!!binary x", "!!timestamp x", "!x y", "!!omap []", "!a {}"],
)
def test_tags_that_name_or_pretend_a_type_are_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"is not allowed in a scenario"):
        source.scalar(text)


def test_keys_are_text_whatever_they_look_like() -> None:
    assert source.scalar("{1: a, true: b, on: c, null: d}") == {"1": "a", "true": "b", "on": "c", "null": "d"}


def test_every_key_and_item_remembers_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# c\na:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n")
    read = source.read(path, "shown.yaml")
    assert read.place(("a",)) == ("shown.yaml", 2)
    assert read.place(("a", "b")) == ("shown.yaml", 3)
    assert read.place(("a", "c", 1)) == ("shown.yaml", 6)
    assert read.place(("a", "c", 1, "d")) == ("shown.yaml", 6)


def test_what_was_not_written_is_placed_at_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("\na:\n  b: 1\n")
    read = source.read(path, "a.yaml")
    assert read.place(("a", "missing", "deep")) == ("a.yaml", 2)
    assert str(read.problem(("a", "missing"), "is missing")) == "a.yaml:2: a.missing: is missing"


def test_an_alias_may_be_used_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: &x {b: 1}\nc: *x\nd: *x\n")
    assert source.read(path, "a.yaml").data == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1}}


def test_a_setting_is_named_in_the_message_about_its_value() -> None:
    with pytest.raises(ScenarioError, match=r"^--set a=\[: this is not YAML"):
        source.scalar("[", "--set a=[")


words = st.one_of(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30),
    st.sampled_from(
        ["1e3", "08", "+.5", "yes", "on", "02:00", "null", "~", "", ".nan", "0x1f", "2025-01-01", "a: b", "#", "="]
    ),
)
plain = st.recursive(
    st.one_of(words, st.integers(-(10**9), 10**9), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words.filter(lambda key: key != "<<"), inner)),
    max_leaves=8,
)


@given(st.dictionaries(words.filter(lambda key: key != "<<"), plain, min_size=1, max_size=4))
def test_what_is_written_is_read_back(data: dict[str, object]) -> None:
    assert source.scalar(source.text(data)) == data
