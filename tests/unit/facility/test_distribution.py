from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.distribution import PduDesign, quadratic_loss_w
from dcplan.profiles.power import LossCurve


def test_a_busway_loses_with_the_square_of_the_load() -> None:
    curve = LossCurve(0.0, 0.0, 0.004)
    assert quadratic_loss_w(np.array([0.0, 50.0, 100.0, 110.0]), 100.0, curve) == pytest.approx([0.0, 0.1, 0.4, 0.484])


def test_a_pdu_needs_a_rating() -> None:
    with pytest.raises(ValueError, match="pdu rated_w = 0"):
        PduDesign(LossCurve(0.0, 0.0, 0.004), 0.0)
