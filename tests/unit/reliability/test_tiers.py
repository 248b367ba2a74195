from __future__ import annotations

from dataclasses import replace

import pytest

from dcplan.reliability.tiers import Topology, Units, findings, reached

BEST = Topology(
    generators=Units("generators", 2, 4),
    power=(Units("UPS modules", 2, 3),),
    power_paths=2,
    two_supplies=True,
    cooling=(Units("chillers", 2, 4), Units("room units", 4, 8)),
    loops=2,
    continuous=True,
)
FEWER = replace(
    BEST, cooling=(Units("chillers", 2, 3), Units("room units", 4, 5)), generators=Units("generators", 2, 3)
)
SINGLE = replace(FEWER, power_paths=1, loops=1)
BARE = replace(
    SINGLE,
    cooling=(Units("chillers", 1, 1),),
    generators=Units("generators", 1, 1),
    power=(Units("UPS modules", 1, 1),),
)


@pytest.mark.parametrize(("topology", "tier"), [(BEST, 4), (FEWER, 3), (SINGLE, 2), (BARE, 1)])
def test_each_tier_is_reached_by_what_it_asks_for(topology: Topology, tier: int) -> None:
    found = findings(topology)
    assert reached(found, "Uptime Tier") == tier
    assert reached(found, "EN 50600-2-2") == tier
    assert reached(found, "EN 50600-2-3") == tier


def lacking(topology: Topology, standard: str = "Uptime Tier") -> str:
    return "; ".join(text for each in findings(topology) if each.standard == standard for text in each.lacking)


@pytest.mark.parametrize(
    ("topology", "told"),
    [
        (replace(BEST, generators=None), "no engine generator carries the site"),
        (replace(BEST, loops=1), "not concurrently maintainable: one chilled-water loop"),
        (replace(BEST, power_paths=1), "not concurrently maintainable: one power path"),
        (replace(BEST, two_supplies=False), "servers have one power supply"),
        (replace(BEST, continuous=False), "no continuous cooling"),
        (replace(BEST, cooling=(Units("cells", 1, 1),)), "no spare cells (1 needed, 1 there)"),
        (replace(BEST, cooling=()), "no plant cools the servers"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(topology: Topology, told: str) -> None:
    assert told in lacking(topology)


def test_nothing_is_missing_of_the_best() -> None:
    assert lacking(BEST) == ""


def test_power_is_judged_apart_from_cooling() -> None:
    found = findings(replace(BEST, loops=1))
    assert reached(found, "EN 50600-2-2") == 4
    assert reached(found, "EN 50600-2-3") == 2
    assert reached(found, "Uptime Tier") == 2


def test_a_second_path_is_the_spare_of_modules_in_the_first() -> None:
    assert "UPS" not in lacking(replace(BEST, power=(Units("UPS modules", 2, 2),)))


def test_air_alone_has_no_loop_that_could_leak() -> None:
    assert "loop" not in lacking(replace(BEST, loops=0))
