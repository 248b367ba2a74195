"""The program that runs mosec, in a process of its own: a worker with the model, or one that answers at once.

    python -m dcplan.validation.host.mosec_worker [--wait 0]

mosec's `Server` reads `sys.argv` and variables called MOSEC_*; what is ours comes in one variable, as JSON, which the
worker processes that mosec spawns inherit. See `mosec_server`, which starts it.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mosec import Server, Worker

from dcplan.validation.host.call import make_call, warm_up
from dcplan.validation.host.mosec_server import BATCHES_FILE, ENVIRONMENT, PID_FILE
from dcplan.validation.host.records import BATCH, REQUEST


class EchoWorker(Worker):
    """Answers without doing anything, so that what is left is the server's own time."""

    resp_mime_type = "application/octet-stream"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.settings: dict[str, Any] = json.loads(os.environ[ENVIRONMENT])
        folder = Path(self.settings["folder"])
        self.records = os.open(folder / BATCHES_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.prepare()
        gc.collect()
        gc.freeze()
        (folder / PID_FILE).write_text(str(os.getpid()), encoding="utf-8")

    def prepare(self) -> None:
        """Get ready to serve."""

    def call(self, images: Sequence[int]) -> None:
        """Serve a batch, given the first image of each request."""

    def deserialize(self, data: bytes) -> bytes:
        """A request as it came."""
        return bytes(data)

    def serialize(self, data: bytes) -> bytes:
        """An answer as it goes."""
        return data

    def forward(self, data: Any) -> Any:
        """Serve a batch (mosec hands over a single request bare if batches hold one), and record it.

        A record is written at once, unbuffered: two microseconds, and nothing is lost however the worker ends.
        """
        start_s = time.monotonic()
        bodies: list[bytes] = [data] if isinstance(data, bytes) else data
        requests = [REQUEST.unpack(body) for body in bodies]
        self.call([image for _, image in requests])
        end_s = time.monotonic()
        os.write(self.records, BATCH.pack(start_s, end_s, time.process_time(), requests[0][0], len(requests)))
        return data


class ModelWorker(EchoWorker):
    """Runs the model, by the very call that the in-process server makes."""

    def prepare(self) -> None:
        """Build the model and call every batch size."""
        settings = self.settings
        self._call = make_call(
            settings["workload"], settings["threads"], settings["samples_per_request"], settings["seed"]
        )
        warm_up(self._call, settings["max_batch"])

    def call(self, images: Sequence[int]) -> None:
        """See `EchoWorker`."""
        self._call(images)


def main() -> None:
    """Serve until terminated."""
    settings = json.loads(os.environ[ENVIRONMENT])
    server = Server()  # type: ignore[no-untyped-call]
    worker = EchoWorker if settings["workload"] is None else ModelWorker
    server.append_worker(worker, max_batch_size=settings["max_batch"], max_wait_time=settings["max_wait_ms"])
    server.run()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
