"""Laws of the power chain: losses are positive, power rises with load, and every watt is found at the meter."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.facility.chain import PowerDesign, feed, meter
from dcplan.facility.distribution import PduDesign, SwitchgearDesign
from dcplan.facility.generator import GeneratorDesign
from dcplan.facility.psu import PsuDesign, supply
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import EcoDesign, Redundancy, UpsDesign, ups_loss_w
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, TransformerCurve, supply_curve
from dcplan.profiles.standby import GeneratorKind

LIBRARY = Library([Path(__file__).parents[2] / "profiles"])
SUPPLIES = ("psu-gold", "psu-platinum", "psu-titanium", "psu-orv3", "rectifier-frontier", "sivoc-frontier")
UPSES = ("ups-legacy", "ups-double-conversion", "ups-three-level", "ups-eco-mode")
TRANSFORMERS = ("transformer-dry", "transformer-liquid")
MODERATE = settings(max_examples=60, deadline=None)


def loss(name: str) -> LossCurve:
    return LossCurve.from_values(LIBRARY.load("power", name).values)


def transformer(name: str, rated_w: float) -> TransformerDesign:
    return TransformerDesign(TransformerCurve.from_values(LIBRARY.load("power", name).values), rated_w)


@st.composite
def chains(draw: st.DrawFn) -> PowerDesign:
    """Any chain of shipped parts for servers of 1 MW."""
    redundancy: Redundancy = draw(st.sampled_from(["n", "n+1", "2n"]))
    eco = EcoDesign(loss("ups-eco-mode"), draw(st.floats(0.0, 1.0)), 0.004) if draw(st.booleans()) else None
    inside = transformer(draw(st.sampled_from(TRANSFORMERS)), 1.1e6) if draw(st.booleans()) else None
    diesel = GeneratorKind.from_values(LIBRARY.load("power", "generator-diesel").values)
    return PowerDesign(
        psu=PsuDesign(supply_curve(LIBRARY.load("power", draw(st.sampled_from(SUPPLIES))).values), 2000.0, 1000),
        pdu=PduDesign(loss("pdu-busway"), 1e6, inside),
        ups=UpsDesign(loss(draw(st.sampled_from(UPSES))), 510e3, 2, redundancy, eco),
        transformer=transformer(draw(st.sampled_from(TRANSFORMERS)), 1.6e6),
        utility_limit_w=math.inf,
        switchgear=SwitchgearDesign(loss("switchgear"), 1.6e6) if draw(st.booleans()) else None,
        generators=GeneratorDesign(diesel, 1e6, 1, redundancy) if draw(st.booleans()) else None,
    )


loads = st.lists(st.floats(0.0, 1.2e6), min_size=2, max_size=8)


@MODERATE
@given(chains(), loads, st.floats(0.0, 5e5))
def test_every_watt_at_the_meter_is_found_again(design: PowerDesign, load: list[float], other_w: float) -> None:
    server_w = np.array(load)
    fed = feed(server_w, design)
    seen = meter(fed.input_w + other_w, design)
    parts_w = (
        server_w + fed.pdu_loss_w + fed.ups_loss_w + other_w
        + seen.generator_heater_w + seen.switchgear_loss_w + seen.transformer_loss_w
    )  # fmt: skip
    np.testing.assert_allclose(seen.facility_w, parts_w, rtol=1e-12)


@MODERATE
@given(chains(), loads)
def test_every_part_loses_power_and_more_with_more_load(design: PowerDesign, load: list[float]) -> None:
    server_w = np.sort(load)
    fed = feed(server_w, design)
    seen = meter(fed.input_w, design)
    for loss_w in (fed.pdu_loss_w, fed.ups_loss_w, seen.transformer_loss_w, seen.switchgear_loss_w):
        assert np.all(loss_w >= 0.0)
        assert np.all(np.diff(loss_w) >= -1e-6)
    assert np.all(fed.ups_loss_w > 0.0)
    assert np.all(seen.transformer_loss_w > 0.0)
    assert np.all(np.diff(seen.facility_w) >= np.diff(server_w) - 1e-6)


@MODERATE
@given(chains(), loads)
def test_supplies_never_deliver_more_than_they_take(design: PowerDesign, load: list[float]) -> None:
    server_w = np.sort(load)
    state = supply(server_w, design.psu)
    output_w = server_w - state.loss_w
    assert np.all((output_w >= -1e-6) & (state.loss_w >= -1e-6))
    assert np.all(np.diff(output_w) >= -1e-6)


@MODERATE
@given(st.sampled_from(UPSES), st.floats(0.0, 0.2))
def test_at_low_load_every_spare_module_costs(name: str, share: float) -> None:
    kinds: tuple[Redundancy, ...] = ("n", "n+1", "2n")
    load_w = np.array(share * 2 * 510e3)
    losses_w = [float(ups_loss_w(load_w, UpsDesign(loss(name), 510e3, 2, kind))) for kind in kinds]
    assert losses_w == sorted(losses_w)
    assert losses_w[0] < losses_w[2]
