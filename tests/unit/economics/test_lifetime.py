from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.economics.depreciation import macrs
from dcplan.economics.lifetime import Asset, IncomeTax, Running, cash_flow, deducted_usd, left_usd

SERVERS = Asset("servers", 1000.0, 5.0, -0.1, {5: 1.0})
HALL = Asset("building", 3000.0, 14.0, 0.03, {15: 0.6, 39: 0.4})
LAND = Asset("land", 500.0, math.inf, 0.02)
assets = st.builds(
    Asset,
    st.just("a"),
    st.floats(0.0, 1e9),
    st.one_of(st.floats(0.5, 40.0), st.just(math.inf)),
    st.floats(-0.3, 0.1),
    st.sampled_from([{}, {5: 1.0}, {15: 0.5, 39: 0.5}]),
)


def test_servers_are_bought_again_at_the_price_of_that_year() -> None:
    flow = cash_flow([SERVERS], [], years=12, sold=False)
    expected = np.zeros(13)
    expected[[0, 5, 10]] = -1000.0, -1000.0 * 0.9**5, -1000.0 * 0.9**10
    assert flow.net_usd == pytest.approx(expected)


def test_nothing_is_bought_on_the_day_it_ends() -> None:
    assert len(SERVERS.bought(10)) == 2
    assert len(LAND.bought(10)) == 1


def test_the_first_year_runs_at_today_s_prices() -> None:
    flow = cash_flow([], [Running("staff", 100.0, 0.03)], years=3, sold=False)
    assert flow.net_usd == pytest.approx([0.0, -100.0, -103.0, -106.09])


def test_what_is_left_is_the_last_price_less_wear_and_land_does_not_wear() -> None:
    assert left_usd(SERVERS, 12) == pytest.approx(1000.0 * 0.9**10 * 0.6)
    assert left_usd(HALL, 14) == 0.0
    assert left_usd(LAND, 10) == pytest.approx(500.0 * 1.02**10)


def test_tax_by_hand() -> None:
    """Servers for two years: 20 and 32 % deducted, the other 48 % when they are sold for three fifths."""
    flow = cash_flow([SERVERS], [Running("staff", 100.0)], years=2, sold=True, tax=IncomeTax(0.25))
    sold_usd = 600.0
    assert flow.end_usd.tolist() == [0.0, 0.0, pytest.approx(sold_usd)]
    assert flow.tax_usd == pytest.approx([0.0, 0.25 * (100 + 200), 0.25 * (100 + 320 + (1000 - 520) - sold_usd)])


def test_land_is_never_deducted_and_only_its_gain_is_taxed() -> None:
    flow = cash_flow([LAND], [], years=10, sold=True, tax=IncomeTax(0.25))
    assert flow.tax_usd[:-1].tolist() == [0.0] * 10
    assert flow.tax_usd[-1] == pytest.approx(-0.25 * (500.0 * 1.02**10 - 500.0))


def test_the_years_of_macrs_follow_the_purchase() -> None:
    assert deducted_usd(SERVERS, 5, 1)[1:] == pytest.approx(
        1000.0 * np.array([0.2, 0.32, 0.192, 0.1152, 0.1152 + 0.0576])
    )
    assert deducted_usd(HALL, 3, 7)[1] == pytest.approx(3000.0 * (0.6 * macrs(15)[0] + 0.4 * macrs(39, 7)[0]))


@given(assets, st.integers(1, 40), st.booleans())
def test_every_purchase_is_in_the_flows_once_and_its_price_is_deducted_once(
    asset: Asset, years: int, sold: bool
) -> None:
    flow = cash_flow([asset], [], years, sold)
    paid_usd = sum(price for _, price in asset.bought(years))
    assert -flow.capital_usd.sum() == pytest.approx(paid_usd)
    assert (
        0.0 <= flow.end_usd.sum() <= (paid_usd if asset.price_change <= 0.0 or asset.life_years < 100.0 else math.inf)
    )
    deducted = deducted_usd(asset, years, 1).sum()
    assert deducted == pytest.approx(paid_usd if asset.classes else 0.0, rel=2e-4)


@given(st.lists(assets, max_size=4), st.integers(1, 30), st.floats(0.0, 0.5))
def test_a_cash_flow_is_the_sum_of_those_of_its_assets(parts: list[Asset], years: int, rate: float) -> None:
    whole = cash_flow(parts, [], years, True, IncomeTax(rate)).net_usd
    apart = sum(cash_flow([each], [], years, True, IncomeTax(rate)).net_usd for each in parts)
    assert whole == pytest.approx(apart, rel=1e-9, abs=1e-3)
