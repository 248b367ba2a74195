"""The two ways of serving, behind one verb: run a schedule of requests under a batching rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dcplan.validation.host.call import Call
from dcplan.validation.host.cases import RULES, Way
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.mosec_server import ModelServer, ServerSpec, running
from dcplan.validation.host.run import SEED, WORKLOAD, Measured, measure_echo, measure_http, measure_inprocess
from dcplan.validation.host.schedule import Schedule

SAMPLES = 8
"""Images that each request carries."""
THREADS = 1
"""Threads of the model: the load generator needs a processor too."""


@dataclass(frozen=True)
class Ways:
    """A call that is warm, and a model server for every rule; those that are not asked rest."""

    call: Call
    servers: Mapping[Rule, ModelServer]

    def run(self, way: Way, rule: Rule, schedule: Schedule, folder: Path) -> Measured:
        """Serve *schedule* for real."""
        where = (rule.max_batch, rule.max_delay_s, SAMPLES, THREADS, folder)
        if way == "http":
            return measure_http(schedule, *where, server=self.servers[rule])
        return measure_inprocess(schedule, *where, call=self.call)

    def echo(self, way: Way, rule: Rule, schedule: Schedule, folder: Path) -> Measured:
        """Serve *schedule* with a call that does nothing."""
        if way == "http":
            return measure_echo(schedule, rule.max_batch, rule.max_delay_s, folder)
        return measure_inprocess(schedule, rule.max_batch, rule.max_delay_s, SAMPLES, THREADS, folder, call=_nothing)


@contextmanager
def opened(call: Call, folder: Path) -> Iterator[Ways]:
    """Both ways of serving, ready; servers are stopped at the end."""
    with ExitStack() as stack:
        specs = {rule: ServerSpec(rule.max_batch, rule.max_delay_s, WORKLOAD, SAMPLES, THREADS, SEED) for rule in RULES}
        servers = {
            rule: stack.enter_context(running(spec, folder / f"server_batch{rule.max_batch}"))
            for rule, spec in specs.items()
        }
        yield Ways(call, servers)


def _nothing(images: Sequence[int]) -> None:
    """Serve nothing."""
