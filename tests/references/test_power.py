"""Published and catalogue numbers of the power chain, each with its source."""

from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.generator import GeneratorDesign, burn
from dcplan.facility.psu import PsuDesign, supply
from dcplan.facility.transformer import TransformerDesign, transformer_loss_w, winding_factor
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.profiles.standby import GeneratorKind

LIBRARY = Library([shipped("profiles")])


def values(name: str) -> dict[str, object]:
    return dict(LIBRARY.load("power", name).values)


@pytest.mark.parametrize(
    ("rated_w", "efficiency"),
    # 10 CFR 431.196(b)(2), three-phase liquid-immersed, 50 % load
    [(300e3, 0.9927), (1000e3, 0.9943), (2500e3, 0.9953)],
)
def test_liquid_transformer_of_the_federal_minimum(rated_w: float, efficiency: float) -> None:
    design = TransformerDesign(TransformerCurve.from_values(values("transformer-liquid")), rated_w)
    load_w = np.array([0.5 * rated_w])
    winding = design.curve.winding
    assert winding is not None
    # windings of 41 degC instead of the regulation's 55 degC: the half of the losses that is theirs shrinks
    factor = winding_factor(np.array([0.5]), winding)
    assert factor == pytest.approx([0.9645], abs=1e-3)
    loss_w = transformer_loss_w(load_w, design)
    assert loss_w == pytest.approx(load_w * (1.0 / efficiency - 1.0) * (0.5 + 0.5 * factor))


@pytest.mark.parametrize(
    ("name", "points"),
    # 80 PLUS, 230 V internal redundant
    [
        ("psu-gold", {0.2: 0.88, 0.5: 0.92, 1.0: 0.88}),
        ("psu-platinum", {0.2: 0.90, 0.5: 0.94, 1.0: 0.91}),
        ("psu-titanium", {0.1: 0.90, 0.2: 0.94, 0.5: 0.96, 1.0: 0.91}),
        ("psu-orv3", {0.5: 0.975}),
    ],
)
def test_supplies_at_their_certified_points(name: str, points: dict[float, float]) -> None:
    design = PsuDesign(PsuCurve.from_values(values(name)), 1000.0, 2)
    for share, efficiency in points.items():
        inlet_w = np.array([share * 2000.0 / efficiency])
        assert 1.0 - supply(inlet_w, design).loss_w / inlet_w == pytest.approx([efficiency], abs=1e-4)


def test_two_supplies_at_half_load_each_are_where_one_would_be_at_its_own_half() -> None:
    curve = PsuCurve.from_values(values("psu-titanium"))
    alone, pair = PsuDesign(curve, 1000.0, 1), PsuDesign(curve, 1000.0, 2)
    inlet_w = np.array([1000.0 / 0.96])
    assert supply(inlet_w, pair).loss_w == pytest.approx([1000.0 / 0.96 * 0.04], abs=0.05)
    assert supply(inlet_w, pair).loss_w < supply(inlet_w, alone).loss_w


def test_a_generator_burns_0_289_litres_per_kilowatt_hour() -> None:
    # NREL REopt: 40.7 kWh per US gallon, 32.2 %, 22.58 lb CO2e per gallon
    design = GeneratorDesign(GeneratorKind.from_values(values("generator-diesel")), 2e6, 1, "n")
    burnt = burn(np.array([2e6]), np.array([3600.0]), 1, design)
    assert burnt.fuel_l / 2000.0 == pytest.approx([3.785 / (40.7 * 0.322)], rel=1e-3)
    assert burnt.carbon_kg / 2000.0 == pytest.approx([22.58 * 0.45359237 / (40.7 * 0.322)], rel=1e-3)


def test_a_busway_loses_0_35_and_switchgear_0_75_per_cent_at_its_rating() -> None:
    # common engineering values: busways 0.2 to 0.5 %, switchgear and cables 0.5 to 1 %
    shares = [LossCurve.from_values(values(name)).square for name in ("pdu-busway", "switchgear")]
    assert 0.002 <= shares[0] <= 0.005 <= shares[1] <= 0.010
