from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.chain import PowerDesign, feed, meter
from dcplan.facility.distribution import SwitchgearDesign
from dcplan.facility.generator import GeneratorDesign
from dcplan.profiles.power import LossCurve
from dcplan.profiles.standby import GeneratorKind


def test_each_stage_carries_the_losses_of_the_stages_below(power: PowerDesign) -> None:
    server_w = np.array([0.0, 600e3])
    fed = feed(server_w, power)
    assert fed.input_w == pytest.approx(server_w + fed.pdu_loss_w + fed.ups_loss_w)
    metered = meter(fed.input_w + 100e3, power)
    assert metered.facility_w == pytest.approx(fed.input_w + 100e3 + metered.transformer_loss_w)


def test_overloads_are_flagged_stage_by_stage_and_not_clipped(power: PowerDesign) -> None:
    server_w = np.array([900e3, 1.005e6, 1.02e6, 1.6e6])
    fed = feed(server_w, power)
    assert fed.pdu_overload.tolist() == [False, True, True, True]
    assert fed.ups_redundancy_lost.tolist() == [False, False, True, True]  # 2 x 505 kW keep the redundancy
    assert fed.ups_overload.tolist() == [False, False, False, True]  # 3 x 505 kW run
    assert np.all(np.diff(fed.input_w) > 0.0)


def test_the_utility_limit_is_compared_with_the_meter(power: PowerDesign) -> None:
    limited = replace(power, utility_limit_w=1.0e6)
    metered = meter(np.array([0.98e6, 0.999e6, 1.7e6]), limited)
    assert metered.utility_exceeded.tolist() == [False, True, True]
    assert metered.transformer_overload.tolist() == [False, False, True]


def test_the_hall_s_limit_is_compared_with_the_servers(power: PowerDesign) -> None:
    assert not feed(np.array([1e9]), power).hall_exceeded[0]
    limited = replace(power, hall_limit_w=0.5e6)
    assert feed(np.array([0.5e6, 0.6e6]), limited).hall_exceeded.tolist() == [False, True]
    with pytest.raises(ValueError, match="hall_limit_w = 0"):
        replace(power, hall_limit_w=0.0)


def test_a_limit_of_nothing_is_refused(power: PowerDesign) -> None:
    with pytest.raises(ValueError, match="utility_limit_w = 0"):
        replace(power, utility_limit_w=0.0)


def test_switchgear_and_heaters_stand_between_the_building_and_the_transformer(power: PowerDesign) -> None:
    kind = GeneratorKind(0.322, 0.322, 10.753, 2.706, 12.0, 0.0094, 0.995, 0.0075, 1800.0, 0.3)
    gear = SwitchgearDesign(LossCurve(0.0, 0.0, 0.0075), 1.6e6)
    whole = replace(power, switchgear=gear, generators=GeneratorDesign(kind, 1e6, 1, "n+1"))
    metered = meter(np.array([0.8e6]), whole)
    assert metered.generator_heater_w.tolist() == [15_000.0]
    assert metered.switchgear_loss_w == pytest.approx([1.6e6 * 0.0075 * (815e3 / 1.6e6) ** 2])
    plain = meter(0.8e6 + metered.generator_heater_w + metered.switchgear_loss_w, power)
    assert metered.facility_w == pytest.approx(plain.facility_w)


def test_what_passes_the_ups_by_loses_nothing_in_it(power: PowerDesign) -> None:
    server_w = np.array([600e3])
    parts = [feed(server_w, replace(power, ups=replace(power.ups, share=share))) for share in (0.0, 0.5, 1.0)]
    lost_w = [float(part.ups_loss_w[0]) for part in parts]
    assert lost_w[0] < lost_w[1] < lost_w[2]
    for part in parts:
        assert part.input_w == pytest.approx(server_w + part.pdu_loss_w + part.ups_loss_w)
    assert not feed(np.array([1.0e6]), replace(power, ups=replace(power.ups, share=0.5))).ups_redundancy_lost[0]
