from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.ups import EcoDesign, UpsDesign, ups_loss_w
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


def test_eco_mode_saves_in_its_share_of_the_time() -> None:
    eco = EcoDesign(LossCurve(0.0037, 0.0053, 0.0011), share=0.9, transfer_s=0.004)
    plain, saving = (UpsDesign(MODERN, 100e3, 2, "n", e) for e in (None, eco))
    load_w = np.array([50e3, 150e3])
    whole = UpsDesign(eco.curve, 100e3, 2, "n")
    mean_w = 0.9 * ups_loss_w(load_w, whole) + 0.1 * ups_loss_w(load_w, plain)
    assert ups_loss_w(load_w, saving) == pytest.approx(mean_w)
    assert np.all(ups_loss_w(load_w, saving) < ups_loss_w(load_w, plain))


@pytest.mark.parametrize(("transfer_s", "drops"), [(0.0, False), (0.010, False), (0.020, False), (0.025, True)])
def test_servers_ride_through_a_short_transfer(transfer_s: float, drops: bool) -> None:
    assert EcoDesign(MODERN, 1.0, transfer_s).drops_load == drops


@pytest.mark.parametrize(("share", "transfer_s"), [(1.1, 0.004), (-0.1, 0.004), (0.5, 2.0)])
def test_an_eco_mode_that_cannot_be_is_refused(share: float, transfer_s: float) -> None:
    with pytest.raises(ValueError, match="is outside"):
        EcoDesign(MODERN, share, transfer_s)
