from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.cap_curve import CapCurve, Kind
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.server import load_server
from dcplan.profiles.validate import problems

GOOD: dict[str, dict[str, Any]] = {
    "power_law": {"kind": "power_law", "alpha": {"value": 0.4}},
    "measured": {"kind": "measured", "dynamic": [0.5, 1.0], "speed": [0.8, 1.0]},
}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "guess"}, "cap_curve kind 'guess' is none of power_law, measured"),
    ({"kind": "power_law"}, "need a number 'alpha'"),
    ({"alpha": 1.2}, "alpha of the cap_curve = 1.2 is outside"),
    ({"kind": "measured", "dynamic": [0.5, 1.0], "speed": [1.0]}, "same length"),
    ({"kind": "measured", "dynamic": [0.5, 0.9], "speed": [0.8, 1.0]}, "must rise from above 0 to exactly 1"),
    ({"kind": "measured", "dynamic": [0.5, 1.0], "speed": [1.0, 1.0]}, "must rise from above 0 to exactly 1"),
]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_is_read(kind: str) -> None:
    assert CapCurve.from_values(GOOD[kind]).kind == kind


@pytest.mark.parametrize(("values", "said"), BAD, ids=str)
def test_a_curve_that_cannot_be_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CapCurve.from_values(values)


@pytest.mark.parametrize("name", ["epyc-2-socket-2021", "hgx-h200-8"])
def test_shipped_servers_have_one(name: str) -> None:
    assert load_server(Library([shipped("profiles")]), name).cap_curve == CapCurve("power_law", 0.45)


def test_a_bad_one_in_a_server_is_told(tmp_path: Path) -> None:
    values = {"idle_w": {"value": 100}, "max_w": {"value": 300}, "curve": {"r": {"value": 1.4}}}
    values |= {"slots": {"a": {"value": 4}}, "cap_curve": {"alpha": 3}}  # type: ignore[dict-item]
    tiny.write_header(tmp_path / "power" / "s", values=values)
    with pytest.raises(InputError, match="power profile 's': alpha of the cap_curve = 3"):
        load_server(Library([tmp_path]), "s")


@pytest.mark.parametrize("at", ["values", "top"])
@pytest.mark.parametrize("curve", [GOOD["measured"], {"alpha": 3}, "steep"], ids=str)
def test_the_validator_looks_at_it_among_the_values_and_at_the_top(at: str, curve: Any, tmp_path: Path) -> None:
    header = {"cap_curve": curve} if at == "top" else {"values": {"cap_curve": curve}}
    folder = tiny.write_header(tmp_path / "power" / "s", description="a", derivation="b", **header)
    found = [each for each in problems(folder) if "cap_curve" in each]
    assert len(found) == (0 if curve == GOOD["measured"] else 1)
    assert all(("values.cap_curve" in each) == (at == "values") for each in found)
