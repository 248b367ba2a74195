from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.facility.server import SHAPES, fan_power_w, fan_speed, server_power_w, warm_air_w
from dcplan.profiles.power_curve import PARAMETERS, InletResponse, Kind, PowerCurve

TABLE = PowerCurve(
    "table",
    load=tuple(np.linspace(0.0, 1.0, 11).tolist()),
    # IBM System x3550 M3 (Xeon X5675), SPECpower_ssj2008, as in CloudSim's PowerModelSpecPowerIbmX3550XeonX5675
    power_w=(58.4, 98.0, 109.0, 118.0, 128.0, 140.0, 153.0, 170.0, 189.0, 205.0, 222.0),
)
CURVES = {
    "table": TABLE,
    "fan_weber_barroso": PowerCurve("fan_weber_barroso", 1.4),
    "mse": PowerCurve("mse", 2.0),
    "boavizta_log": PowerCurve("boavizta_log", 36.8953),
} | {kind: PowerCurve(kind) for kind in ("linear", "sqrt", "square", "cubic", "log2")}
WARM = InletResponse(25.0, 0.0025, 37.0, 0.4, 38.0, 2.8)


def test_every_kind_of_curve_has_a_shape_and_a_test() -> None:
    assert set(SHAPES) == set(get_args(Kind)) == set(CURVES)
    assert set(PARAMETERS) < set(SHAPES)


@pytest.mark.parametrize("kind", SHAPES)
def test_every_shape_meets_both_ends_and_rises(kind: str) -> None:
    u = np.linspace(0.0, 1.0, 201)
    power_w = server_power_w(u, 103.0, 460.0, CURVES[kind])
    assert power_w[0] == 103.0
    assert power_w[-1] == pytest.approx(460.0, rel=1e-14)
    assert np.all(np.diff(power_w) >= 0.0)


@pytest.mark.parametrize(
    ("kind", "half"),
    [
        ("fan_weber_barroso", 1.0 - 0.5**1.4),
        ("mse", 0.75),
        ("linear", 0.5),
        ("sqrt", 0.5**0.5),
        ("square", 0.25),
        ("cubic", 0.125),
        ("log2", 0.5849625007211562),
        ("table", (140.0 - 58.4) / (222.0 - 58.4)),
    ],
)
def test_half_use_by_kind(kind: str, half: float) -> None:
    assert server_power_w(np.array([0.5]), 0.0, 1.0, CURVES[kind])[0] == pytest.approx(half)


def test_a_table_gives_its_measured_points_and_lines_between_them() -> None:
    power_w = server_power_w(np.array([0.3, 0.35]), 58.4, 222.0, TABLE)
    assert power_w == pytest.approx([118.0, 123.0])


def test_the_logarithm_of_boavizta_keeps_its_published_shape() -> None:
    # Xeon Platinum of boaviztapi's cpu_profile.csv: a ln(b (u + c)) + d, u in per cent
    a, b, c, d = 171.1813, 0.0354, 36.8953, -10.1336
    u = np.array([0.0, 10.0, 50.0, 100.0])
    published_w = a * np.log(b * (u + c)) + d
    ours_w = server_power_w(u / 100.0, published_w[0], published_w[-1], PowerCurve("boavizta_log", c))
    assert ours_w == pytest.approx(published_w)


@given(st.floats(0.0, 1.0), st.floats(-10.0, 25.0), st.sampled_from(sorted(SHAPES)))
def test_cool_air_changes_nothing_at_all(u: float, inlet_c: float, kind: str) -> None:
    plain_w = server_power_w(np.array(u), 103.0, 460.0, CURVES[kind])
    assert server_power_w(np.array(u), 103.0, 460.0, CURVES[kind], inlet_c, WARM) == plain_w


def test_warm_air_adds_fans_and_leakage() -> None:
    low_w = 37.0 * 0.4**2.8
    added_w = warm_air_w(np.array([300.0]), np.array([38.0]), WARM)
    assert added_w == pytest.approx([37.0 - low_w + (300.0 - low_w) * 0.0025 * 13.0])
    # ASHRAE's factor for A1 servers is about 3 to 8 % at 35 degC
    assert 1.03 < 1.0 + float(warm_air_w(np.array(460.0), 35.0, WARM)) / 460.0 < 1.09


@given(st.floats(0.0, 1.0), st.lists(st.floats(-10.0, 60.0), min_size=2, max_size=5))
def test_power_rises_with_inlet_temperature(u: float, inlets_c: list[float]) -> None:
    power_w = server_power_w(np.array(u), 103.0, 460.0, CURVES["mse"], np.sort(inlets_c), WARM)
    assert np.all(np.diff(power_w) >= -1e-9)


def test_fans_follow_the_affinity_law_between_low_and_full_speed() -> None:
    speed = fan_speed(np.array([10.0, 25.0, 31.5, 38.0, 50.0]), WARM)
    assert speed == pytest.approx([0.4, 0.4, 0.7, 1.0, 1.0])
    assert fan_power_w(np.array([0.5]), WARM) == pytest.approx([37.0 * 0.5**2.8])


@pytest.mark.parametrize(
    "change", [{"fan_full_c": 25.0}, {"leakage_per_k": -0.1}, {"fan_speed_low": 0.0}, {"fan_exponent": 3.5}], ids=str
)
def test_a_response_to_warm_air_that_cannot_be_is_refused(change: dict[str, float]) -> None:
    good = {
        "reference_c": 25.0, "leakage_per_k": 0.002, "fan_w": 37.0, "fan_speed_low": 0.3, "fan_full_c": 38.0,
        "fan_exponent": 2.8,
    }  # fmt: skip
    with pytest.raises(ValueError, match="is outside"):
        InletResponse(**(good | change))
