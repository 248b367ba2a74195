from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.economics.rent import Offer, break_even_utilisation

prices = st.floats(0.0, 100.0)
offers = st.builds(Offer, prices, prices)


@given(offers, offers)
def test_above_the_break_even_one_s_own_is_the_cheaper(own: Offer, other: Offer) -> None:
    found = break_even_utilisation(own, other)
    if found is None:
        assert float(own.usd_per_used_h(1.0)) >= float(other.usd_per_used_h(1.0)) - 1e-9 or (
            own.used_usd_per_h > other.used_usd_per_h
        )
        return
    for share in (0.3, 0.7, 1.0):
        at = found + share * (1.0 - found)
        if at > 1e-6:
            assert float(own.usd_per_used_h(at)) <= float(other.usd_per_used_h(at)) * (1 + 1e-9) + 1e-9


def test_at_the_break_even_both_cost_the_same() -> None:
    own, other = Offer(1.2, 0.15), Offer(0.0, 2.35)
    at = break_even_utilisation(own, other)
    assert at == pytest.approx(1.2 / 2.2)
    assert float(own.usd_per_used_h(at or 1.0)) == pytest.approx(2.35)


@pytest.mark.parametrize(
    ("own", "other"),
    [(Offer(3.0, 0.0), Offer(0.0, 2.0)), (Offer(1.0, 2.0), Offer(0.0, 2.0)), (Offer(0.5, 3.0), Offer(1.0, 2.0))],
)
def test_what_is_nowhere_cheaper_from_some_use_on_has_no_break_even(own: Offer, other: Offer) -> None:
    assert break_even_utilisation(own, other) is None


def test_what_is_always_cheaper_breaks_even_at_nothing() -> None:
    assert break_even_utilisation(Offer(1.0, 0.0), Offer(2.0, 0.1)) == 0.0
