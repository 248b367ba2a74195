"""TCP on this machine, gloo on two ranks, and peers that cannot be reached."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from queue import Queue

import pytest

from dcplan.errors import InputError
from dcplan.profiling.probes.all_reduce import all_reduce, sizes
from dcplan.profiling.probes.network import network
from dcplan.profiling.probes.peer import LOCAL, Address, address_of, ask_echo, echo, local_server, send, serve_peer
from dcplan.profiling.probes.settings import Settings


@pytest.fixture(scope="module")
def server() -> Iterator[Address]:
    with local_server() as address:
        yield address


def test_a_peer_is_measured_by_latency_and_bandwidth(tiny: Settings, server: Address) -> None:
    peer = f"{server.host}:{server.port}"
    found = {result.name: result for result in network(replace(tiny, peer=peer))}
    assert {name: result.unit for name, result in found.items()} == {
        "round_trip_p50": "s",
        "round_trip_p99": "s",
        "bandwidth_1_stream": "B/s",
        "bandwidth_4_streams": "B/s",
    }
    assert all(result.value > 0 for result in found.values())
    assert found["round_trip_p50"].value <= found["round_trip_p99"].value < 1
    assert found["bandwidth_1_stream"].conditions["peer"] == peer


def test_a_message_comes_back_as_it_went(server: Address) -> None:
    into = bytearray(64)
    with server.connect() as connection:
        ask_echo(connection, 64)
        echo(connection, bytes(range(64)), memoryview(into))
    assert bytes(into) == bytes(range(64))


def test_one_connection_takes_many_sendings(server: Address) -> None:
    with server.connect() as connection:
        for size in (1, 1000, 3_000_000):
            send(connection, size, memoryview(bytes(2**20)))


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.1\r\n\r\n", b"dcplan-1X" + bytes(8), b"dcplan-1E" + b"\xff" * 8])
def test_who_asks_for_something_else_is_let_go(server: Address, request_: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(request_[:17])
        assert connection.recv(1) == b""


def test_a_server_can_be_told_its_port() -> None:
    ports: Queue[int] = Queue()
    threading.Thread(target=serve_peer, args=(0, LOCAL, ports.put), daemon=True).start()
    with Address(LOCAL, ports.get(timeout=10)).connect() as connection:
        send(connection, 10, memoryview(bytes(16)))


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server((LOCAL, 0)) as taken, pytest.raises(InputError, match="cannot be listened on"):
        serve_peer(taken.getsockname()[1], LOCAL)


def test_a_peer_that_does_not_answer_is_one_sentence(tiny: Settings) -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))  # bound, but nobody listens
        with pytest.raises(InputError, match="does not answer"):
            network(replace(tiny, peer=f"{LOCAL}:{taken.getsockname()[1]}"))


@pytest.mark.parametrize("text", ["", "host", "host:", ":5001", "host:0", "host:65536", "host:ten", "host:٣"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not HOST:PORT"):
        address_of(text)


def test_an_address_may_be_of_the_sixth_version() -> None:
    assert address_of("[fe80::1]:5001") == Address("fe80::1", 5001)


def test_two_ranks_add_up_through_gloo(tiny: Settings) -> None:
    found = all_reduce(tiny)
    assert [result.name for result in found] == [
        "all_reduce_gloo_1_kib",
        "all_reduce_gloo_4_kib",
        "all_reduce_gloo_bus_bandwidth",
    ]
    assert [result.unit for result in found] == ["s", "s", "B/s"]
    assert all(result.value > 0 for result in found)
    assert {(result.trials, result.conditions["ranks"]) for result in found} == {(5, 2)}


def test_messages_grow_from_one_kibibyte_to_the_largest() -> None:
    assert sizes(Settings()) == [2**10, 2**14, 2**18, 2**22, 2**26]
    assert sizes(Settings(quick=True))[-1] == 2**22
