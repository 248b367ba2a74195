from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.power_curve import PowerCurve
from dcplan.profiles.server import load_server

VALUES: dict[str, Any] = {
    "idle_w": {"value": 100},
    "max_w": {"value": 300},
    "curve": {"r": {"value": 1.4}},
    "slots": {"tiny-slot": {"value": 4}},
}


def library(folder: Path, **changes: object) -> Library:
    tiny.write_header(folder / "power" / "s", values=VALUES | changes)
    return Library([folder])


def test_a_server_has_power_and_slots(profiles: Path) -> None:
    server = load_server(Library([profiles]), "tiny-server")
    assert (server.idle_w, server.max_w) == (100.0, 300.0)
    assert server.curve == PowerCurve("fan_weber_barroso", 1.4)
    assert (server.inlet, server.performance) == (None, None)
    assert server.slots == {"tiny-slot": 4}


def test_a_server_hosts_what_was_measured_on_its_slots(profiles: Path) -> None:
    known = Library([profiles])
    assert load_server(known, "tiny-server").hosts(known, "tiny") == "tiny-slot"


def test_a_workload_measured_elsewhere_is_answered_with_those_measured_here(profiles: Path) -> None:
    known = Library([profiles])
    with pytest.raises(InputError, match=r"'llama' was not measured on tiny-slot.*measured are tiny; or run"):
        load_server(known, "tiny-server").hosts(known, "llama")


@pytest.mark.parametrize(
    "changes",
    [
        {"idle_w": 100},
        {"idle_w": None},
        {"max_w": {}},
        {"curve": {}},
        {"slots": None},
        {"slots": [4]},
        {"slots": {"a": 4}},
    ],
    ids=str,
)
def test_a_profile_of_something_else_is_no_server(changes: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"power profile 's' is not a kind of server"):
        load_server(library(tmp_path, **changes), "s")


@pytest.mark.parametrize(
    "changes",
    [
        {"idle_w": {"value": 301}},
        {"idle_w": {"value": -1}},
        {"idle_w": {"value": float("nan")}},
        {"max_w": {"value": float("inf")}},
    ],
    ids=str,
)
def test_power_that_would_fall_with_load_is_refused(changes: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not hold"):
        load_server(library(tmp_path, **changes), "s")


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        ({"r": {"value": 0.9}}, "r of the curve = 0.9"),
        ({"r": {"value": 2.1}}, "r of the curve = 2.1"),
        ({"kind": "wavy"}, "curve kind 'wavy' is none of table, "),
        ({"kind": "mse"}, "need a number 'r'"),
        ({"kind": "boavizta_log", "c": 0}, "c of the curve = 0"),
        ({"kind": "table", "load": [0, 1], "power_w": [100]}, "same length"),
        ({"kind": "table", "load": [0, 0.5], "power_w": [100, 200]}, "load 0 to 1"),
        ({"kind": "table", "load": [0, 0.5, 0.5, 1], "power_w": [1, 2, 3, 4]}, "must rise"),
        ({"kind": "table", "load": [0, 0.5, 1], "power_w": [100, 90, 200]}, "must not fall"),
        ({"kind": "table", "load": 3, "power_w": [100, 90, 200]}, "need a list of numbers 'load'"),
    ],
    ids=str,
)
def test_a_curve_that_cannot_be_is_refused(curve: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        load_server(library(tmp_path, curve=curve), "s")


@pytest.mark.parametrize("name", ["epyc-2-socket-2021", "hgx-h200-8"])
def test_shipped_servers_say_what_warm_air_costs(name: str) -> None:
    server = load_server(Library([shipped("profiles")]), name)
    assert server.inlet is not None
    assert server.inlet.reference_c == 25.0
    assert server.inlet.fan_w < 0.2 * server.max_w


def test_what_warm_air_costs_needs_all_its_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a kind of server"):
        load_server(library(tmp_path, inlet={"reference_c": 25}), "s")


@pytest.mark.parametrize("slots", [{}, {"a": {"value": 0}}])
def test_a_server_without_slots_is_refused(slots: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no slots"):
        load_server(library(tmp_path, slots=slots), "s")
