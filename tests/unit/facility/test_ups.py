from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.ups import UpsDesign, ups_loss_w
from dcplan.profiles.power import LossCurve

MODERN = LossCurve(0.0125, 0.0018, 0.0252)


def test_redundancy_adds_running_modules() -> None:
    designs = {kind: UpsDesign(MODERN, 100.0, 4, kind) for kind in ("n", "n+1", "2n")}
    assert [d.running for d in designs.values()] == [4, 5, 8]
    assert {d.rated_w for d in designs.values()} == {400.0}
    assert designs["2n"].running_w == 800.0


def test_loss_is_summed_over_running_modules() -> None:
    design = UpsDesign(MODERN, 100e3, 4, "n+1")
    x = 300e3 / 500e3
    expected_w = 5 * 100e3 * (0.0125 + 0.0018 * x + 0.0252 * x**2)
    assert ups_loss_w(np.array([300e3]), design)[0] == pytest.approx(expected_w)


def test_redundancy_costs_at_low_load() -> None:
    loss_w = [float(ups_loss_w(np.array([20e3]), UpsDesign(MODERN, 100e3, 1, k))[0]) for k in ("n", "n+1", "2n")]
    assert loss_w[0] < loss_w[1] == loss_w[2]


def test_at_no_load_the_no_load_loss_remains() -> None:
    assert ups_loss_w(np.array([0.0]), UpsDesign(MODERN, 100e3, 2, "2n"))[0] == pytest.approx(4 * 1250.0)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("modules", 0, "ups modules = 0"), ("module_w", -1.0, "ups module_w = -1"), ("redundancy", "n+2", "none of n")],
)
def test_impossible_designs_are_refused(field: str, value: object, message: str) -> None:
    good = {"curve": MODERN, "module_w": 1e5, "modules": 2, "redundancy": "n"}
    with pytest.raises(ValueError, match=message):
        UpsDesign(**(good | {field: value}))
