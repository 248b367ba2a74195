from __future__ import annotations

import itertools

import numpy as np

from dcplan.workload.streams import Streams


def test_the_same_name_gives_the_same_numbers() -> None:
    here, there = Streams(1, 0).stream("arrivals/a"), Streams(1, 0).stream("arrivals/a")
    np.testing.assert_array_equal(here.random(100), there.random(100))


def test_asking_for_other_streams_in_between_changes_nothing() -> None:
    plain = Streams(1, 0).stream("arrivals/a").random(10)
    streams = Streams(1, 0)
    streams.stream("arrivals/b").random(1000)
    np.testing.assert_array_equal(streams.stream("arrivals/a").random(10), plain)


def test_name_replication_and_seed_each_make_another_stream() -> None:
    keys = itertools.product([1, 2, 2**63 - 1], [0, 1, 9999], ["a", "b", "ab", "", "arrivals/é"])
    first = [Streams(seed, replication).stream(name).random() for seed, replication, name in keys]
    assert len(set(first)) == len(first)


def test_two_streams_are_not_correlated() -> None:
    streams = Streams(1, 0)
    here, there = streams.stream("arrivals/a").random(20_000), streams.stream("service/a").random(20_000)
    assert abs(np.corrcoef(here, there)[0, 1]) < 5 / np.sqrt(20_000)
