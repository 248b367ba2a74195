"""The JSON schema of the scenario language, generated from the specs, for editors."""

from __future__ import annotations

import json

from dcplan.scenario.scenario import Scenario


def schema_text() -> str:
    """The content of `scenarios/schema.json`."""
    schema = Scenario.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "dcplan scenario"
    schema["properties"]["extends"] = {
        "description": "A file (or list of files) beside this one that this one builds on.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    required = [key for key in schema.get("required", []) if key not in ("name", "horizon")]
    schema["required"] = required  # a part to extend, or a file that extends one, need not hold them
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
