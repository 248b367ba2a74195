from __future__ import annotations

from dataclasses import replace

import pytest

from dcplan.reliability.blocks import Component, Group, of_group, series
from dcplan.reliability.diagram import Block, Diagram, contributions, of_paths, site
from dcplan.reliability.standby import Standby

UNIT = Component(1e6, 1e4)
DIAGRAM = Diagram(
    supply=(Block("utility", Group(UNIT)), Block("transformers", Group(UNIT, 1, 2, 0.1))),
    standby=Standby(300.0, 0.99, 600.0, 300.0, 2, 1, 0.98, 12.0, 4e6, 0.05),
    path=(Block("UPS modules", Group(UNIT, 2, 3, 0.1)), Block("distribution", Group(UNIT))),
    cooling=(Block("chillers", Group(UNIT, 1, 2, 0.1, 1), 900.0, 300.0),),
)


@pytest.mark.parametrize("paths", [1, 2])
def test_the_blocks_make_up_the_site(paths: int) -> None:
    diagram = replace(DIAGRAM, paths=paths, common=0.05)
    parts = contributions(diagram)
    assert set(parts) == {"utility", "transformers", "UPS modules", "distribution", "chillers"}
    assert sum(each.share for each in parts.values()) == pytest.approx(site(diagram).share, rel=0.03)
    assert sum(each.per_s for each in parts.values()) == pytest.approx(site(diagram).per_s, rel=0.03)


def test_one_path_is_its_blocks_in_series() -> None:
    assert of_paths(DIAGRAM).share == series([of_group(block.group) for block in DIAGRAM.path]).share


def test_a_second_path_leaves_chance_squared_and_the_common_cause() -> None:
    one = of_paths(DIAGRAM).share
    assert of_paths(replace(DIAGRAM, paths=2)).share == pytest.approx(one**2)
    both = of_paths(replace(DIAGRAM, paths=2, common=0.05)).share
    assert both == pytest.approx(0.05 * one, rel=0.25)
    assert both > one**2


def test_generators_stand_in_for_what_is_in_front_of_them() -> None:
    behind = replace(DIAGRAM, supply=DIAGRAM.supply[:1], path=(Block("transformers", Group(UNIT)), *DIAGRAM.path))
    assert site(DIAGRAM).share < site(behind).share
