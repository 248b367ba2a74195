"""The two ways of serving, behind one verb: run a schedule of requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dcplan.validation.host.call import Call
from dcplan.validation.host.cases import Way
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.mosec_server import ModelServer, ServerSpec, running
from dcplan.validation.host.run import (
    SEED,
    WORKLOAD,
    Begun,
    Measured,
    measure_echo,
    measure_http,
    measure_inprocess,
    nobody,
)
from dcplan.validation.host.schedule import Schedule

SAMPLES = 8
"""Images that each request carries."""
THREADS = 1
"""Threads of the model: the load generator needs a processor too."""


@dataclass(frozen=True)
class Serving:
    """One way of serving under one batching rule, ready.

    Attributes:
        way: How requests come.
        rule: When a batch starts.
        call: What serves a batch in this process, warm.
        server: The model server, if requests come over HTTP.
    """

    way: Way
    rule: Rule
    call: Call
    server: ModelServer | None = None

    def run(self, schedule: Schedule, folder: Path, begun: Begun = nobody) -> Measured:
        """Serve *schedule* for real; *begun* is told when it starts."""
        where = (self.rule.max_batch, self.rule.max_delay_s, SAMPLES, THREADS, folder)
        if self.server is not None:
            return measure_http(schedule, *where, server=self.server, begun=begun)
        return measure_inprocess(schedule, *where, call=self.call, begun=begun)

    def echo(self, rule: Rule, schedule: Schedule, folder: Path) -> Measured:
        """Serve *schedule* under *rule* with a call that does nothing."""
        if self.server is not None:
            return measure_echo(schedule, rule.max_batch, rule.max_delay_s, folder)
        return measure_inprocess(schedule, rule.max_batch, rule.max_delay_s, SAMPLES, THREADS, folder, call=_nothing)


@contextmanager
def opened(way: Way, rule: Rule, call: Call, folder: Path) -> Iterator[Serving]:
    """*way* under *rule*, with a server of its own over HTTP, which is stopped at the end."""
    if way == "in process":
        yield Serving(way, rule, call)
        return
    with running(ServerSpec(rule.max_batch, rule.max_delay_s, WORKLOAD, SAMPLES, THREADS, SEED), folder) as server:
        yield Serving(way, rule, call, server)


def _nothing(images: Sequence[int]) -> None:
    """Serve nothing."""
