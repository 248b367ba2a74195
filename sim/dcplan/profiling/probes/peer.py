"""The two ends of a measured TCP connection: a small server that answers, and a client that asks.

A request is eight letters that name the protocol, one that says what is wanted, and a number: "E" with a message size
has every message of that size sent back; "D" with a number of bytes has so many dropped and then one byte sent back.
Requests follow each other on a connection until the client closes it. The server keeps nothing and runs nothing.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from dcplan.errors import InputError
from dcplan.profiling.processes import LOCAL

CHUNK = 2**20
"""Bytes sent or received by one system call at most [B]."""
PATIENCE_S = 10.0
"""Time to wait for the other end before giving up [s]."""
_REQUEST = struct.Struct("!8scQ")
_NAME = b"dcplan-1"
_ECHO, _DROP = b"E", b"D"


def serve_peer(port: int, host: str = "", ready: Callable[[int], None] = lambda _: None) -> None:
    """Answer the network probe of other machines on TCP *port* until interrupted; any free port if zero.

    Args:
        port: Where to listen.
        host: Address to listen at; all of this machine if empty.
        ready: Is told the port once connections are taken.
    """
    try:
        server = socket.create_server((host, port), backlog=64)
    except (OSError, OverflowError) as error:
        raise InputError(f"port {port} cannot be listened on: {error}", "choose a free one above 1023") from error
    with server:
        ready(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    def connect(self) -> socket.socket:
        """A connection to it, without delay for small messages; an InputError if nobody answers."""
        try:
            connection = socket.create_connection((self.host, self.port), PATIENCE_S)
        except OSError as error:
            message = f"{self.host}:{self.port} does not answer: {error.strerror or error}"
            raise InputError(message, "start the server of the network probe there, with the same port") from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def address_of(text: str) -> Address:
    """The address that "10.0.0.2:5001" or "[fe80::1]:5001" names.

    >>> address_of("10.0.0.2:5001")
    Address(host='10.0.0.2', port=5001)
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(f"peer '{text[:100]}' is not HOST:PORT", "write it like 10.0.0.2:5001")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


@contextlib.contextmanager
def local_server() -> Iterator[Address]:
    """A server in a process of its own on this machine, for as long as the context lasts."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve_here, args=(sender,), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(60):
            raise RuntimeError("the server of the network probe did not start")
        yield Address(LOCAL, receiver.recv())
    finally:
        process.kill()
        process.join()
        process.close()
        receiver.close()


def ask_echo(connection: socket.socket, size: int) -> None:
    """From now on the server sends back every message of *size* bytes."""
    connection.sendall(_REQUEST.pack(_NAME, _ECHO, size))


def echo(connection: socket.socket, message: bytes, into: memoryview) -> None:
    """Send *message* and wait until it came back."""
    connection.sendall(message)
    if not _fill(connection, into):
        raise ConnectionError("the server closed the connection")


def send(connection: socket.socket, size: int, chunk: memoryview) -> None:
    """Send *size* bytes and wait until the server has them all."""
    connection.sendall(_REQUEST.pack(_NAME, _DROP, size))
    for start in range(0, size, len(chunk)):
        connection.sendall(chunk[: min(len(chunk), size - start)])
    if not connection.recv(1):
        raise ConnectionError("the server closed the connection")


def _serve_here(sender: Connection) -> None:
    serve_peer(0, LOCAL, sender.send)


def _serve(connection: socket.socket) -> None:
    """Answer the requests of one client; a client that speaks something else is let go."""
    buffer = memoryview(bytearray(CHUNK))
    with connection, contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while _fill(connection, buffer[: _REQUEST.size]):
            name, kind, size = _REQUEST.unpack(buffer[: _REQUEST.size])
            if name == _NAME and kind == _ECHO and 0 < size <= CHUNK:
                _echo_all(connection, buffer[:size])
            elif name == _NAME and kind == _DROP:
                _drop(connection, buffer, size)
            else:
                return


def _echo_all(connection: socket.socket, message: memoryview) -> None:
    while _fill(connection, message):
        connection.sendall(message)


def _drop(connection: socket.socket, buffer: memoryview, size: int) -> None:
    left = size
    while left > 0:
        taken = connection.recv_into(buffer, min(left, len(buffer)))
        if not taken:
            return
        left -= taken
    connection.sendall(b"!")


def _fill(connection: socket.socket, into: memoryview) -> bool:
    """Receive as many bytes as *into* holds; False if the other end closed before."""
    done = 0
    while done < len(into):
        taken = connection.recv_into(into[done:])
        if not taken:
            return False
        done += taken
    return True
