"""`scenarios/schema.json` is the model's own schema; `pytest --fix` writes it anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.scenario.schema import schema_text

SCHEMA = Path(__file__).resolve().parents[1] / "scenarios" / "schema.json"


def test_the_schema_that_editors_use_is_the_model_s(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--fix"):
        SCHEMA.write_text(schema_text(), encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run pytest --fix"
