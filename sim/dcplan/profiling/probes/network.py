"""What TCP and all-reduce give: latency, bandwidth, and the time in which ranks add up their gradients.

Without a peer, this machine talks to itself through the loopback device: the cost of the protocol, not of a cable. With
a peer (see `serve_peer`) the same latency and bandwidth are measured from host to host.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.probes.all_reduce import all_reduce
from dcplan.profiling.probes.peer import CHUNK, Address, address_of, ask_echo, echo, local_server, send
from dcplan.profiling.probes.result import Result, summarise, too_few
from dcplan.profiling.probes.settings import Settings, Tell
from dcplan.profiling.probes.trials import Pace, calls_in, repeat

MESSAGE_BYTES = 64
"""Size of the message whose way there and back is timed [B]."""
STREAMS = (1, 4)
"""Connections at the same time."""


def network(settings: Settings, tell: Tell = lambda _: None) -> list[Result]:
    """Time there and back [s], bandwidth [B/s], and, on this machine alone, the time of an all-reduce [s]."""
    pace, conditions = settings.effective_pace, {"peer": settings.peer or "loopback", "protocol": "TCP"}
    try:
        with _server(settings.peer) as address:
            tell("ping-pong")
            results = _latency(address, pace, conditions)
            for streams in STREAMS:
                tell(f"bandwidth, {streams} at once")
                results.append(_bandwidth(address, streams, pace, conditions))
    except OSError as error:
        raise InputError(f"the connection broke: {error}", "see that the peer is still there") from error
    return results if settings.peer else results + all_reduce(settings, tell)


def _server(peer: str | None) -> AbstractContextManager[Address]:
    return contextlib.nullcontext(address_of(peer)) if peer else local_server()


def _latency(address: Address, pace: Pace, conditions: dict[str, str]) -> list[Result]:
    """Two percentiles of the time there and back, each from every trial."""
    trials = list[list[float]]()
    with address.connect() as connection:
        ask_echo(connection, MESSAGE_BYTES)
        message, into = bytes(MESSAGE_BYTES), memoryview(bytearray(MESSAGE_BYTES))
        call = _timed(lambda: echo(connection, message, into))
        count = calls_in(pace.trial_s, lambda count: sum(call() for _ in range(count)))

        def trial() -> float:
            trials.append([call() for _ in range(count)])
            return float(np.median(trials[-1]))

        repeat(trial, pace)
    counts, known = [len(each) for each in trials], {**conditions, "message_bytes": MESSAGE_BYTES, "streams": 1}
    return [
        summarise(
            f"round_trip_p{percent}",
            "s",
            [float(np.percentile(each, percent)) for each in trials],
            f"percentile {percent} of the time of a {MESSAGE_BYTES} B message there and back (TCP_NODELAY)",
            known,
            too_few(counts) if percent == 99 else "",
        )
        for percent in (50, 99)
    ]


def _timed(call: Callable[[], object]) -> Callable[[], float]:
    """A function that makes the call and returns how long it took [s]."""

    def timed() -> float:
        begin = time.perf_counter()
        call()
        return time.perf_counter() - begin

    return timed


def _bandwidth(address: Address, streams: int, pace: Pace, conditions: dict[str, str]) -> Result:
    """Bytes per second over so many connections at once, until the other end has them all."""
    chunk = memoryview(bytes(CHUNK))
    with ExitStack() as stack:
        connections = [stack.enter_context(address.connect()) for _ in range(streams)]
        pool = stack.enter_context(ThreadPoolExecutor(streams))

        def sent_s(chunks: int) -> float:
            return _timed(lambda: _send_all(pool, connections, chunks * CHUNK, chunk))()

        chunks = calls_in(pace.trial_s, sent_s)
        values = repeat(lambda: streams * chunks * CHUNK / sent_s(chunks), pace)
    said = "one stream" if streams == 1 else f"{streams} streams together"
    name = f"bandwidth_{streams}_stream{'s' if streams > 1 else ''}"
    known = {**conditions, "streams": streams, "trial_bytes": streams * chunks * CHUNK}
    return summarise(name, "B/s", values, f"bytes per second sent over TCP by {said}, until received", known)


def _send_all(pool: ThreadPoolExecutor, connections: Sequence[object], size: int, chunk: memoryview) -> None:
    for _ in pool.map(lambda connection: send(connection, size, chunk), connections):
        pass
