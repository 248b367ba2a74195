"""A background thread that reads until it is stopped."""

from __future__ import annotations

import threading

import pytest

from dcplan.profiling.meters.poller import Poller


def test_it_reads_at_once_then_in_the_background_then_a_last_time() -> None:
    threads: list[str] = []
    third = threading.Event()

    def read() -> None:
        threads.append(threading.current_thread().name)
        if len(threads) == 3:
            third.set()

    poller = Poller(read, 0.001)
    poller.start()
    assert third.wait(10)
    poller.stop()
    main = threading.current_thread().name
    assert threads[0] == threads[-1] == main
    assert set(threads[1:-1]) == {"dcplan-meter"}
    assert "dcplan-meter" not in {thread.name for thread in threading.enumerate()}


def test_starting_or_stopping_twice_changes_nothing_and_it_can_start_again() -> None:
    reads: list[int] = []
    poller = Poller(lambda: reads.append(1), 60)
    poller.stop()
    assert not reads
    poller.start()
    poller.start()
    assert len(reads) == 1
    poller.stop()
    poller.stop()
    assert len(reads) == 2
    poller.start()
    assert len(reads) == 3
    poller.stop()


def test_what_the_first_reading_raises_is_seen_and_nothing_runs() -> None:
    def fail() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        Poller(fail, 0.001).start()
    assert "dcplan-meter" not in {thread.name for thread in threading.enumerate()}
