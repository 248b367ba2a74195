from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.distribution import PduDesign, SwitchgearDesign, pdu_loss_w, quadratic_loss_w
from dcplan.facility.transformer import TransformerDesign, transformer_loss_w
from dcplan.profiles.power import LossCurve, TransformerCurve


def test_a_busway_loses_with_the_square_of_the_load() -> None:
    curve = LossCurve(0.0, 0.0, 0.004)
    assert quadratic_loss_w(np.array([0.0, 50.0, 100.0, 110.0]), 100.0, curve) == pytest.approx([0.0, 0.1, 0.4, 0.484])


def test_a_pdu_needs_a_rating() -> None:
    with pytest.raises(ValueError, match="pdu rated_w = 0"):
        PduDesign(LossCurve(0.0, 0.0, 0.004), 0.0)


def test_a_unit_with_a_transformer_loses_in_both() -> None:
    curve = TransformerCurve((75e3, 300e3), (0.9860, 0.9902), 0.35, 0.35)
    inside = TransformerDesign(curve, 300e3)
    busway = PduDesign(LossCurve(0.0, 0.0, 0.0035), 250e3)
    load_w = np.array([0.0, 125e3, 250e3])
    cables_w = pdu_loss_w(load_w, busway)
    expected_w = cables_w + transformer_loss_w(load_w + cables_w, inside)
    assert pdu_loss_w(load_w, replace(busway, transformer=inside)) == pytest.approx(expected_w)
    assert expected_w[0] == inside.no_load_w > cables_w[0] == 0.0


def test_switchgear_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="switchgear rated_w = 0"):
        SwitchgearDesign(LossCurve(0.0, 0.0, 0.0075), 0.0)
