from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

import tiny
from dcplan.scenario import source
from dcplan.scenario.schema import schema_text

SCHEMA = json.loads(schema_text())
WHOLE: dict[str, Any] = source.scalar(tiny.WHOLE)


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", [tiny.SYNTHETIC, tiny.MEASURED, tiny.WHOLE], ids=["synthetic", "measured", "whole"])
def test_a_valid_scenario_is_valid_in_an_editor_too(text: str) -> None:
    jsonschema.validate(source.scalar(text), SCHEMA)


def test_an_editor_reads_the_file_as_dcplan_does() -> None:
    assert yaml.safe_load(tiny.SYNTHETIC) == source.scalar(tiny.SYNTHETIC)


@pytest.mark.parametrize(
    "change",
    [
        {"replicass": 1},
        {"horizon": 5},
        {"horizon": "soon"},
        {"replications": 0},
        {"replications": "5"},
        {"endpoints": {"a": {"replicas": 1}}},
        {"endpoints": {"a": 5}},
        {"site": {"place": "a"}},
    ],
    ids=str,
)
def test_a_broken_scenario_is_broken_in_an_editor_too(change: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(WHOLE | change, SCHEMA)


def test_a_part_to_extend_need_not_be_whole() -> None:
    jsonschema.validate({"extends": ["a.yaml", "b.yaml"], "seed": 5}, SCHEMA)
    jsonschema.validate({"extends": "a.yaml"}, SCHEMA)


def test_every_key_is_described() -> None:
    bare = [
        f"{name}.{key}"
        for name, definition in {"Scenario": SCHEMA, **SCHEMA["$defs"]}.items()
        for key, value in definition.get("properties", {}).items()
        if key != "kind" and "description" not in value and "$ref" not in value
    ]
    assert not bare


def test_a_quantity_is_text_with_an_example() -> None:
    horizon = SCHEMA["properties"]["horizon"]
    assert horizon["type"] == "string"
    assert horizon["examples"] == ["2 ms"]
