"""A way of serving under one batching rule, calibrated: it predicts runs, and measures them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dcplan.profiling.measure import Series
from dcplan.profiling.meters.protocol import Meter
from dcplan.validation.host import bare, judge
from dcplan.validation.host.as_profile import write_profile
from dcplan.validation.host.bare import Speed
from dcplan.validation.host.cases import Case, schedule
from dcplan.validation.host.energy import Watch
from dcplan.validation.host.predict import Prediction, predict
from dcplan.validation.host.run import SEED, Begun, Measured, nobody
from dcplan.validation.host.schedule import Counted, Schedule
from dcplan.validation.host.service import Server
from dcplan.validation.host.ways import SAMPLES, Serving


@dataclass(frozen=True)
class Length:
    """How much is measured.

    Attributes:
        quick: Whether to take the short way.
        counted: What part of each run counts.
        repeats: Measurements of each run.
        spare: Runs that may be taken again because something disturbed them, relative to all [-].
        look_s: How long the call is looked at before each run [s].
        replications: Replications of every prediction.
        sizes: Batches that the call is timed at [requests].
    """

    quick: bool
    counted: Counted
    repeats: int
    spare: float
    look_s: float
    replications: int
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Taken:
    """A run: predicted, then measured.

    Attributes:
        prediction: What was expected.
        measured: What happened.
        drift: How much longer the bare call took before or after it than when it was profiled, whichever is more [-].
        joules: Energy of the machine [J]; None without a meter.
    """

    prediction: Prediction
    measured: Measured
    drift: float
    joules: float | None = None

    @property
    def disturbed(self) -> bool:
        """Whether others were seen to take processor time; the speed of the machine is never a reason to retake."""
        return self.measured.load.contended

    def metrics(self, counted: Counted) -> dict[str, float]:
        """What was measured of the part that counts."""
        energy = {} if self.joules is None else {"energy": self.joules}
        return {**judge.metrics(self.measured, counted), **energy}


@dataclass(frozen=True)
class Block:
    """A way of serving under one rule, calibrated: what is needed to predict a run and to measure it."""

    serving: Serving
    series: Sequence[Series]
    server: Server
    speed: Speed
    length: Length
    folder: Path
    meter: Meter

    def pace(self) -> float:
        """How much longer calls are expected to take now than they did on average, as a factor [-]."""
        return self.speed.pace(self.series, time.monotonic())

    def capacity(self) -> float:
        """Requests that can be served now [1/s]."""
        size = self.serving.rule.max_batch
        call_s = self.pace() * self.server.slowing * bare.mean_s(self.series, size)
        return size / (call_s + self.server.cycle_s)

    def run(self, case: Case, rate: float, number: int) -> Taken:
        """Predict a run, put that on disk, and then measure it."""
        folder = self.folder / f"{case.name}-{number}"
        prediction = self.predict(case, rate, folder)
        before = self.speed.drift(self.series)
        watch = Watch(self.meter, self.length.counted)
        measured = self.measure(case, rate, folder, watch.begin)
        self.speed.look()
        drift = max(before, self.speed.drift(self.series), key=abs)
        taken = Taken(prediction, measured, drift, watch.joules())
        document = {**taken.metrics(self.length.counted), "drift": drift, **asdict(measured.load)}
        (folder / "measured.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
        return taken

    def predict(self, case: Case, rate: float, folder: Path) -> Prediction:
        """What is expected of *case* at *rate* requests per second now; it is in *folder* when this returns."""
        write_profile(self.series, self.server, folder, self.pace())
        asked = self._schedule(case, rate)
        counted, replications = self.length.counted, self.length.replications
        return predict(case, rate, asked, self.server, counted, SAMPLES, folder, replications)

    def measure(self, case: Case, rate: float, folder: Path, begun: Begun = nobody) -> Measured:
        """Serve *case* at *rate* requests per second for real."""
        return self.serving.run(self._schedule(case, rate), folder, begun)

    def _schedule(self, case: Case, rate: float) -> Schedule:
        return schedule(case, rate, self.length.counted.horizon_s, SEED, SAMPLES)
