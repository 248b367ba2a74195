from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.economiser import EconomiserDesign, modes, share

DESIGN = EconomiserDesign(approach_k=2.0, margin_k=1.0)


def test_three_modes_by_tower_temperature() -> None:
    coldest_c = np.array([10.0, 13.0, 13.1, 18.0, 18.1, 25.0])
    full, partial = modes(coldest_c, 15.0, np.full(6, 21.0), DESIGN)
    assert full.tolist() == [True, True, False, False, False, False]
    assert partial.tolist() == [False, False, True, True, False, False]


def test_the_share_runs_from_one_to_the_margin() -> None:
    tower_c = np.array([13.0, 16.0, 18.0, 30.0])
    assert share(tower_c, 15.0, np.full(4, 21.0), DESIGN) == pytest.approx([1.0, 0.5, 1.0 / 6.0, 0.0])


def test_an_exchanger_without_approach_is_refused() -> None:
    with pytest.raises(ValueError, match="economiser approach_k = 0"):
        EconomiserDesign(0.0, 1.0)
