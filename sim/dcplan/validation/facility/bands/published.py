"""The study: what it varied, and what it found; its citation stands in `lei_masanet.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import yaml

SOURCE = "Lei and Masanet 2022"
TOLERANCE = MappingProxyType({"large": 0.06, "mid-size": 0.12, "small": 0.12})
"""How far a percentile of PUE may be from theirs, by size of the data centre."""

Draw = Mapping[str, float]
"""One value per input."""


@dataclass(frozen=True)
class Case:
    """One kind of data centre.

    Attributes:
        number: Its number in the study.
        size: "large", "mid-size" or "small".
        cooling: What cools it.
        inputs: Range [low, high] of every input, shares and efficiencies 0 to 1, else SI units.
        pue: 5th and 95th percentile of the annual PUE by climate zone.
    """

    number: int
    size: str
    cooling: str
    inputs: Mapping[str, tuple[float, float]]
    pue: Mapping[str, tuple[float, float]]

    def draws(self, count: int, seed: int) -> Iterator[Draw]:
        """*count* sets of inputs, spread evenly over the ranges (Latin hypercube)."""
        chance = np.random.default_rng(seed)
        strata = chance.permuted(np.tile(np.arange(count), (len(self.inputs), 1)), axis=1)
        shares = (strata + chance.random(strata.shape)) / count
        low, high = np.array(list(self.inputs.values())).T
        for row in (low + shares.T * (high - low)).tolist():
            yield dict(zip(self.inputs, row, strict=True))


def cases() -> list[Case]:
    """All cases of the study."""
    text = Path(__file__).with_name("lei_masanet.yaml").read_text(encoding="utf-8")
    return [Case(number, **values) for number, values in yaml.safe_load(text).items()]
