"""An HTTP/1.1 client for open-loop load: one thread, raw keep-alive connections, as little work as can be.

A request is sent at its intended time whatever has been answered so far: an idle connection carries it, or a new one
is opened without waiting for the handshake. asyncio is not used, because its event loop wakes on whole milliseconds;
here `select` (microseconds) watches one epoll descriptor, which watches all connections.
"""

from __future__ import annotations

import math
import select
import socket
import time
from dataclasses import dataclass, field

import numpy as np

from dcplan.validation.host.records import REQUEST, Sent
from dcplan.validation.host.schedule import Schedule
from dcplan.validation.host.timers import SPIN_S

SPARE = 32
"""Connections opened before the run."""
PATIENCE_S = 10.0
"""How long to wait for answers after the last request was sent [s]."""
EVENTS = 16
"""Most answers taken in before the clock is looked at again: 0.2 ms of work."""

HEAD = (
    b"POST /inference HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Length: %d\r\n\r\n"
) % REQUEST.size


@dataclass
class Connection:
    """A TCP connection to the server, and the request it carries now, if any."""

    sock: socket.socket
    number: int = -1
    unsent: bytes = b""
    received: bytes = b""


@dataclass
class Client:
    """All connections, and what became of each request; times are absolute (CLOCK_MONOTONIC)."""

    port: int
    sent_s: list[float]
    done_s: list[float]
    status: list[int]
    outstanding: int = 0
    opened: int = 0
    epoll: select.epoll = field(default_factory=select.epoll)
    connections: dict[int, Connection] = field(default_factory=dict)
    idle: list[Connection] = field(default_factory=list)

    @classmethod
    def of(cls, port: int, requests: int) -> Client:
        """A client of 127.0.0.1:*port* that has a few connections open and *requests* to send."""
        client = cls(port, [math.nan] * requests, [math.nan] * requests, [0] * requests)
        for _ in range(min(SPARE, requests)):
            if (connection := client._connect()) is not None:
                client.idle.append(connection)
        return client

    def _connect(self) -> Connection | None:
        """A new connection, perhaps not yet established; None if the server refuses."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass  # the handshake goes on by itself
        except OSError:
            sock.close()
            return None
        connection = self.connections[sock.fileno()] = Connection(sock)
        self.epoll.register(sock.fileno(), select.EPOLLIN)
        self.opened += 1
        return connection

    def send(self, number: int, image: int) -> None:
        """Send request *number*, now."""
        connection = self.idle.pop() if self.idle else self._connect()
        self.sent_s[number] = time.monotonic()
        if connection is None:
            return
        connection.number = number
        connection.unsent = HEAD + REQUEST.pack(number, image)
        self.outstanding += 1
        self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        """Hand what is unsent to the kernel; what it does not take yet is sent when it asks for more."""
        try:
            taken = connection.sock.send(connection.unsent)
        except BlockingIOError:  # above all: the handshake is not over
            taken = 0
        except OSError:
            self._close(connection)
            return
        connection.unsent = connection.unsent[taken:]
        if connection.unsent:
            self.epoll.modify(connection.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _close(self, connection: Connection) -> None:
        """Give a connection up; the request it carried stays without an answer."""
        self.outstanding -= connection.number >= 0
        if connection in self.idle:
            self.idle.remove(connection)
        del self.connections[connection.sock.fileno()]
        connection.sock.close()

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self.connections.values()):
            self._close(connection)
        self.epoll.close()

    def receive_until(self, instant_s: float) -> None:
        """Take in answers until *instant_s*, at least those that are there; less if nothing more can come."""
        while True:
            left_s = instant_s - time.monotonic()
            if left_s > SPIN_S:
                select.select([self.epoll], [], [], left_s - SPIN_S)
            self.receive()
            if left_s <= 0 or time.monotonic() >= instant_s:
                return

    def receive_rest(self, until_s: float) -> None:
        """Take in answers until all are here, or *until_s*."""
        while self.outstanding and (left_s := until_s - time.monotonic()) > 0:
            select.select([self.epoll], [], [], left_s)
            self.receive()

    def receive(self) -> None:
        """Take in what has arrived. All of it had arrived when the kernel said so, which is the time it is given."""
        events = self.epoll.poll(0, EVENTS)
        now_s = time.monotonic()
        for descriptor, event in events:
            connection = self.connections[descriptor]
            if event & select.EPOLLOUT:
                self.epoll.modify(descriptor, select.EPOLLIN)
                self._flush(connection)
            if event & ~select.EPOLLOUT and descriptor in self.connections:
                self._read(connection, now_s)

    def _read(self, connection: Connection, now_s: float) -> None:
        try:
            chunk = connection.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._close(connection)
            return
        connection.received += chunk
        status = answered(connection.received)
        if status:
            self._answer(connection, status, now_s)

    def _answer(self, connection: Connection, status: int, now_s: float) -> None:
        """Book the answer, and let the connection carry another request."""
        number, connection.number, connection.received = connection.number, -1, b""
        if number < 0:
            self._close(connection)  # an answer to nothing: the server gave notice
            return
        self.status[number] = status
        if status == 200:
            self.done_s[number] = now_s
        self.outstanding -= 1
        self.idle.append(connection)


def answered(received: bytes) -> int:
    r"""The status if *received* is a complete answer with a Content-Length, else 0.

    >>> answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    200
    >>> answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    0
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = received[:end].lower()
    place = head.find(b"\r\ncontent-length:")
    length = int(head[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
    return int(head[9:12]) if len(received) >= end + 4 + length else 0


def run(client: Client, schedule: Schedule, start_s: float) -> Sent:
    """Send the whole schedule, from *start_s* on, wait for the answers, and close the client."""
    cpu_s = time.process_time()
    pairs = zip((schedule.arrival_s + start_s).tolist(), schedule.image.tolist(), strict=True)
    for number, (instant_s, image) in enumerate(pairs):
        client.receive_until(instant_s)
        client.send(number, image)
    client.receive_rest(time.monotonic() + PATIENCE_S)
    client.close()
    cpu_s = time.process_time() - cpu_s
    sent_s, done_s = np.array(client.sent_s) - start_s, np.array(client.done_s) - start_s
    return Sent(sent_s, done_s, np.array(client.status, dtype=np.uint32), cpu_s, client.opened)
