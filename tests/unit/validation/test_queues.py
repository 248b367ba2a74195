"""The closed forms against each other: special cases must coincide."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from dcplan.validation import queues


def test_one_exponential_phase_gives_mm1() -> None:
    general = queues.mph1(0.8, np.ones(1), -np.eye(1))
    assert general.mean_s == pytest.approx(queues.mm1(0.8, 1.0).mean_s)
    assert general.percentile_s(0.99) == pytest.approx(queues.mm1(0.8, 1.0).percentile_s(0.99))


def test_mm1_percentiles_are_those_of_an_exponential() -> None:
    assert queues.mm1(0.5, 1.0).percentile_s(0.95) == pytest.approx(-np.log(0.05) / 0.5)


def test_erlang_c_of_published_tables() -> None:
    assert queues.erlang_c(8.0, 1.0, 10) == pytest.approx(0.4092, abs=5e-5)  # Erlang C, A = 8, c = 10
    assert queues.erlang_c(0.5, 1.0, 1) == pytest.approx(0.5)


def test_many_places_turn_mmck_into_mmc() -> None:
    law, lost = queues.mmck(3.0, 1.0, 4, 120)
    assert lost < 1e-12
    assert law.mean_s == pytest.approx(queues.mmc(3.0, 1.0, 4).mean_s, rel=1e-9)
    assert law.percentile_s(0.95) == pytest.approx(queues.mmc(3.0, 1.0, 4).percentile_s(0.95), rel=1e-9)


def test_as_many_places_as_servers_give_erlang_b() -> None:
    law, lost = queues.mmck(5.0, 1.0, 5, 5)
    assert lost == pytest.approx(0.28487, abs=5e-6)  # Erlang B, A = 5, c = 5
    assert law.mean_s == pytest.approx(1.0)


def test_md1_has_the_mean_of_pollaczek_and_khinchine() -> None:
    law = queues.md1(0.75, 1.0)
    assert law.mean_s == pytest.approx(queues.pollaczek_khinchine_s(0.75, 1.0, 0.0))
    integral, _ = quad(law.tail, 0.0, 25.0, limit=500, points=range(1, 25))
    assert integral == pytest.approx(law.mean_s, rel=1e-5)


@pytest.mark.parametrize("cv", [1.2, 2.0, 4.0])
def test_hyperexponential_has_the_mean_of_pollaczek_and_khinchine(cv: float) -> None:
    law = queues.mph1(0.7, *queues.hyperexponential_phases(1.0, cv))
    assert law.mean_s == pytest.approx(queues.pollaczek_khinchine_s(0.7, 1.0, cv))


def test_erlang_phases_have_the_mean_of_pollaczek_and_khinchine() -> None:
    law = queues.mph1(0.7, *queues.erlang_phases(1.0, 9))
    assert law.mean_s == pytest.approx(queues.pollaczek_khinchine_s(0.7, 1.0, 1.0 / 3.0))


def test_batches_of_one_are_mm1() -> None:
    law = queues.batch_service(0.6, 1.0, 1)
    assert law.mean_s == pytest.approx(queues.mm1(0.6, 1.0).mean_s)
    assert law.percentile_s(0.99) == pytest.approx(queues.mm1(0.6, 1.0).percentile_s(0.99))


def test_batches_without_limit_wait_for_one_service_at_most() -> None:
    law = queues.batch_service(5.0, 1.0, 400)
    # a busy period is a run of services, each the last with probability 1/6 (nobody came); idle periods last 1/5
    busy = 6.0 / (6.0 + 0.2)
    assert law.mean_s == pytest.approx(busy + 1.0, rel=1e-6)


def test_one_class_of_priorities_is_mmc() -> None:
    assert queues.priorities_s([3.0], 1.0, 4) == pytest.approx([queues.mmc(3.0, 1.0, 4).mean_s])


def test_priorities_share_the_wait_of_mmc() -> None:
    """What one class waits less another waits more: the mean over all is that without classes (Kleinrock 1965)."""
    arrivals = [0.2, 0.3, 0.3]
    means_s = queues.priorities_s(arrivals, 1.0, 1)
    assert np.average(means_s, weights=arrivals) == pytest.approx(queues.mm1(0.8, 1.0).mean_s)


def test_endless_patience_turns_impatient_customers_into_mmc() -> None:
    lost, mean_s = queues.impatient(3.0, 1.0, 4, 1e3)
    assert lost == pytest.approx(0.0, abs=1e-12)
    assert mean_s == pytest.approx(queues.mmc(3.0, 1.0, 4).mean_s)


def test_no_patience_at_all_gives_erlang_b() -> None:
    lost, mean_s = queues.impatient(5.0, 1.0, 5, 0.0)
    assert lost == pytest.approx(0.28487, abs=5e-6)
    assert mean_s == pytest.approx(1.0)


def test_impatience_at_a_load_of_one_is_the_limit_from_both_sides() -> None:
    near = [queues.impatient(4.0 + shift, 1.0, 4, 2.0) for shift in (-1e-6, 0.0, 1e-6)]
    assert near[1] == pytest.approx(near[0], rel=1e-4)
    assert near[1] == pytest.approx(near[2], rel=1e-4)


def test_one_user_never_waits_and_many_keep_all_servers_busy() -> None:
    assert queues.finite_source(1, 3.0, 1.0, 1) == pytest.approx((0.25, 1.0))
    rate, mean_s = queues.finite_source(1000, 1.0, 1.0, 2)
    assert rate == pytest.approx(2.0)
    assert mean_s == pytest.approx(499.0)


def test_two_choices_beat_one() -> None:
    assert queues.two_choices_s(0.9, 1.0) < queues.mm1(0.9, 1.0).mean_s
    assert queues.two_choices_s(1e-9, 1.0) == pytest.approx(1.0)


def test_a_tandem_of_one_queue_is_that_queue() -> None:
    assert queues.tandem(0.5, [1.0]).percentile_s(0.9) == pytest.approx(queues.mm1(0.5, 1.0).percentile_s(0.9))


def test_equal_queues_in_tandem_take_an_erlang_time() -> None:
    law = queues.tandem(0.5, [1.0, 1.0])
    assert law.tail(3.0) == pytest.approx(np.exp(-1.5) * 2.5)


def test_who_waits_for_two_idle_servers_waits_for_the_slower() -> None:
    assert queues.fork_join_s(1e-9, 1.0) == pytest.approx(1.5)


def test_one_server_of_two_branches_has_the_mean_of_pollaczek_and_khinchine() -> None:
    mean_s = queues.mh2c_s(0.7, 1, *queues.hyperexponential_phases(1.0, 2.0))
    assert mean_s == pytest.approx(queues.pollaczek_khinchine_s(0.7, 1.0, 2.0), rel=1e-6)


def test_more_varied_service_takes_longer_with_many_servers_too() -> None:
    calm, wild = (queues.mh2c_s(7.2, 8, *queues.hyperexponential_phases(1.0, cv)) for cv in (1.0001, 2.0))
    assert calm == pytest.approx(queues.mmc(7.2, 1.0, 8).mean_s, rel=1e-3)
    assert wild > 1.5 * calm
