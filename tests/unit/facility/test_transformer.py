from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.transformer import TransformerDesign, transformer_loss_w
from dcplan.profiles.power import TransformerCurve

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
