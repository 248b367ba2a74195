"""The load generator sends everything, waits for nobody, and counts what was not answered."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.validation.host import http_client, launch
from dcplan.validation.host.records import REQUEST, Sent
from dcplan.validation.host.schedule import Schedule, schedule_of
from dcplan.validation.host.timers import exact_timers, wait_until

SCHEDULE = schedule_of(np.linspace(0.0, 0.2, 60), 4)


class Handler(BaseHTTPRequestHandler):
    """Echoes; or refuses some requests; or hangs up from some request on, as a server that dies."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    requests: ClassVar[list[tuple[int, int]]]
    refused: ClassVar[set[int]]
    dies_at: ClassVar[int]
    pause_s: ClassVar[float]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number, image = REQUEST.unpack(body)
        self.requests.append((number, image))
        time.sleep(self.pause_s)
        if number >= self.dies_at:
            self.close_connection = True
            return
        self.send_response(503 if number in self.refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def standing_in(dies_at: int = 1 << 30, refused: frozenset[int] = frozenset(), pause_s: float = 0.0) -> Iterator[int]:
    """A small server; its port."""
    settings = {"requests": [], "refused": refused, "dies_at": dies_at, "pause_s": pause_s}
    with Server(("127.0.0.1", 0), type("Standing", (Handler,), settings)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def over_http(port: int, schedule: Schedule = SCHEDULE) -> Sent:
    client = http_client.Client.of(port, len(schedule.arrival_s))
    return http_client.run(client, schedule, time.monotonic() + 0.02)


def test_a_round_trip_in_a_process_of_its_own(tmp_path: Path) -> None:
    with standing_in() as port, launch.generator(SCHEDULE, tmp_path, ["--port", str(port)]) as sender:
        sender.begin()
        sent = sender.result()
    assert (sent.status == 200).all()
    assert (sent.sent_s >= SCHEDULE.arrival_s).all()
    assert (sent.done_s > sent.sent_s).all()
    assert sent.cpu_s > 0


def test_slow_answers_do_not_hold_up_requests() -> None:
    with standing_in(pause_s=0.4) as port:
        sent = over_http(port)
    assert (sent.status == 200).all()
    assert sent.connections == len(SCHEDULE.arrival_s)
    assert sent.sent_s.max() < sent.done_s.min()


def test_a_refusal_is_an_error_and_the_connection_is_used_again() -> None:
    with standing_in(refused=frozenset({3, 5})) as port:
        sent = over_http(port)
    assert np.flatnonzero(np.isnan(sent.done_s)).tolist() == [3, 5]
    assert sent.status[[3, 4, 5]].tolist() == [503, 200, 503]


def test_requests_to_a_server_that_died_are_errors() -> None:
    with standing_in(dies_at=20) as port:
        sent = over_http(port)
    assert np.isnan(sent.done_s).tolist() == [False] * 20 + [True] * 40
    assert (sent.status[20:] == 0).all()
    assert np.isfinite(sent.sent_s).all()


def test_nobody_listens() -> None:
    with standing_in() as port:
        pass
    sent = over_http(port)
    assert np.isnan(sent.done_s).all()
    assert (sent.status == 0).all()


@pytest.mark.parametrize("size", [1, 10, 39, 40, 60])
def test_an_answer_may_come_in_pieces(size: int) -> None:
    whole = b"HTTP/1.1 429 Busy\r\nServer: x\r\nContent-Length: 5\r\n\r\nsorry"
    assert http_client.answered(whole[:size]) == (429 if size >= len(whole) else 0)


def test_an_answer_without_a_body() -> None:
    assert http_client.answered(b"HTTP/1.1 204 No Content\r\n\r\n") == 204


def test_the_pipe_gets_every_request_in_order(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with launch.generator(SCHEDULE, tmp_path, ["--pipe", str(writer)], writer) as sender:
        sender.begin()
        sent = sender.result()
        data = os.read(reader, 1 << 16)
    os.close(reader)
    assert list(REQUEST.iter_unpack(data)) == list(enumerate(SCHEDULE.image.tolist()))
    assert (sent.sent_s >= SCHEDULE.arrival_s).all()
    assert np.isnan(sent.done_s).all()


def test_a_pipe_that_nobody_reads_is_an_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with launch.generator(SCHEDULE, tmp_path, ["--pipe", str(writer)], writer) as sender:
        os.close(reader)
        sender.begin()
        assert np.isnan(sender.result().sent_s).all()


def test_a_generator_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unrecognized arguments: --prot"), _started(tmp_path):
        pass


def _started(folder: Path) -> AbstractContextManager[launch.Generator]:
    return launch.generator(SCHEDULE, folder, ["--pipe", "0", "--prot", "1"])


def test_instants_are_not_missed_by_being_early() -> None:
    with exact_timers():
        for ahead_s in (0.0, 30e-6, 0.002):
            instant_s = time.monotonic() + ahead_s
            wait_until(instant_s)
            assert time.monotonic() >= instant_s
