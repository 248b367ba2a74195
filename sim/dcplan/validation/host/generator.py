"""The load generator, a process of its own: sends each request at its intended time, whatever the server does.

    python -m dcplan.validation.host.generator SCHEDULE RESULT --pipe DESCRIPTOR | --port PORT

It prints "ready", reads the instant at which the run starts (CLOCK_MONOTONIC [s], the same in all processes of a
Linux machine) from its input, sends, and writes a `Sent`. Nothing heavy is imported, and the garbage collector rests.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dcplan.validation.host import http_client
from dcplan.validation.host.records import REQUEST, Sent
from dcplan.validation.host.schedule import Schedule
from dcplan.validation.host.timers import exact_timers, go_first, wait_until


def main(arguments: Sequence[str]) -> None:
    """Run as the command line says."""
    options = _parser().parse_args(arguments)
    schedule = Schedule.load(options.schedule)
    send = _over_pipe(options.pipe) if options.port is None else _over_http(options.port, schedule)
    gc.collect()
    gc.disable()
    first = go_first()
    print("ready", flush=True)
    start_s = float(sys.stdin.readline())
    with exact_timers():
        sent = send(schedule, start_s)
    replace(sent, real_time=first).save(options.result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dcplan.validation.host.generator", description=__doc__)
    parser.add_argument("schedule", type=Path)
    parser.add_argument("result", type=Path)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--pipe", type=int, help="descriptor to write requests to")
    where.add_argument("--port", type=int, help="port of an HTTP server on 127.0.0.1")
    return parser


Send = Callable[[Schedule, float], Sent]


def _over_http(port: int, schedule: Schedule) -> Send:
    client = http_client.Client.of(port, len(schedule.arrival_s))
    return lambda schedule, start_s: http_client.run(client, schedule, start_s)


def _over_pipe(descriptor: int) -> Send:
    return lambda schedule, start_s: send_over_pipe(descriptor, schedule, start_s)


def send_over_pipe(descriptor: int, schedule: Schedule, start_s: float) -> Sent:
    """Write every request to the pipe at its time; nothing comes back, the server stamps the answers itself.

    If the reader is gone, the rest is not sent. A pipe that is full (8000 requests behind) makes the sender late.
    """
    cpu_s = time.process_time()
    sent_s = np.full(len(schedule.arrival_s), np.nan)
    pairs = zip((schedule.arrival_s + start_s).tolist(), schedule.image.tolist(), strict=True)
    for number, (instant_s, image) in enumerate(pairs):
        wait_until(instant_s)
        now_s = time.monotonic()
        try:
            os.write(descriptor, REQUEST.pack(number, image))
        except BrokenPipeError:
            break
        sent_s[number] = now_s - start_s
    nothing = np.full(len(sent_s), np.nan)
    return Sent(sent_s, nothing, np.zeros(len(sent_s), dtype=np.uint32), time.process_time() - cpu_s)


if __name__ == "__main__":
    main(sys.argv[1:])
