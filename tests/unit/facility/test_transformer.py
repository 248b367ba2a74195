from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.transformer import TransformerDesign, transformer_loss_w, winding_factor
from dcplan.profiles.power import TransformerCurve, Winding

DRY = TransformerCurve((75e3, 300e3, 1e6), (0.9860, 0.9902, 0.9928), 0.35, 0.5)


@pytest.mark.parametrize("rated_w", [75e3, 200e3, 1e6, 5e6])
def test_nameplate_efficiency_at_nameplate_load(rated_w: float) -> None:
    design = TransformerDesign(DRY, rated_w)
    output_w = 0.35 * rated_w
    loss_w = float(transformer_loss_w(np.array([output_w]), design)[0])
    assert output_w / (output_w + loss_w) == pytest.approx(design.efficiency, rel=1e-12)


def test_efficiency_is_best_where_the_curve_says() -> None:
    design = TransformerDesign(DRY, 300e3)
    x = np.linspace(0.05, 1.2, 2301)
    efficiency = x * 300e3 / (x * 300e3 + transformer_loss_w(x * 300e3, design))
    assert x[np.argmax(efficiency)] == pytest.approx(0.5, abs=0.001)


def test_ratings_between_and_beyond_the_table() -> None:
    assert TransformerDesign(DRY, 187.5e3).efficiency == pytest.approx(0.9881)
    assert TransformerDesign(DRY, 10e3).efficiency == 0.9860
    assert TransformerDesign(DRY, 2e6).efficiency == 0.9928


def test_no_load_loss_at_no_load() -> None:
    design = TransformerDesign(DRY, 300e3)
    assert transformer_loss_w(np.array([0.0]), design)[0] == design.no_load_w > 0.0


COPPER = Winding(rise_k=65.0, reference_c=55.0, eddy=0.1, coefficient_c=234.5)


def test_cool_windings_lose_less_and_hot_ones_more_than_at_the_nameplate() -> None:
    factor = winding_factor(np.array([0.0, 1.0]), COPPER)
    assert factor[0] < 1.0 < factor[1]
    # T = 20 + 65 x^1.6 is 55 degC at x = (35/65)^(1/1.6)
    assert winding_factor(np.array([(35.0 / 65.0) ** (1 / 1.6)]), COPPER) == pytest.approx([1.0])


def test_only_the_losses_under_load_follow_the_winding() -> None:
    plain, warm = TransformerDesign(DRY, 300e3), TransformerDesign(replace(DRY, winding=COPPER), 300e3)
    load_w = np.array([0.0, 150e3, 300e3])
    added_w = transformer_loss_w(load_w, plain) - plain.no_load_w
    expected_w = plain.no_load_w + added_w * winding_factor(load_w / 300e3, COPPER)
    assert transformer_loss_w(load_w, warm) == pytest.approx(expected_w)
