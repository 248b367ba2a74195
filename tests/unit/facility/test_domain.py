from __future__ import annotations

import math

import pytest

from dcplan.facility.domain import require


def test_the_bounds_belong_to_the_range() -> None:
    require("x", 0.0, 0.0, 1.0)
    require("x", 1.0, 0.0, 1.0)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_outside_is_a_sentence(value: float) -> None:
    with pytest.raises(ValueError, match=r"x = .* is outside 0 to 1"):
        require("x", value, 0.0, 1.0)
