from __future__ import annotations

from pathlib import Path
from typing import Any

from dcplan.engine.assumptions import Assumptions
from dcplan.profiles.library import Profile


def profile(**values: Any) -> Profile:
    header = {"kind": "literature", "source": "a book", "year": 2020, "licence": "none", "description": "a thing"}
    return Profile("cost", "p", Path("p"), header | {"values": values})


def test_the_same_assumption_is_listed_once() -> None:
    found = Assumptions()
    found.use("site", profile())
    found.use("site", profile())
    assert len(found.rows) == 1


def test_a_profile_is_listed_with_what_it_is_and_where_it_comes_from() -> None:
    found = Assumptions()
    found.use("site", profile())
    assert found.rows == [
        {
            "part": "site",
            "name": "cost: p",
            "value": "a thing",
            "kind": "literature",
            "verified": True,
            "source": "a book",
        }
    ]


def test_every_number_is_listed_with_its_unit_range_and_own_source() -> None:
    found = Assumptions()
    number = {"value": 8, "unit": "kW", "low": 7, "high": 9, "source": "a\n paper", "unverified": True}
    found.use_values("site", profile(rated_power=number))
    assert found.rows == [
        {
            "part": "site", "name": "p: rated power", "value": "8 kW (7 to 9)", "kind": "literature",
            "verified": False, "source": "a paper",
        }
    ]  # fmt: skip


def test_numbers_in_nested_mappings_are_found() -> None:
    found = Assumptions()
    found.use_values("site", profile(curve={"kind": "x", "r": {"value": 1.4, "unit": "1"}}, list=[1, 2]))
    assert [(row["name"], row["value"], row["source"]) for row in found.rows] == [("p: curve r", "1.4", "a book")]
