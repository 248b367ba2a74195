"""One comparison of a number of ours with a number that is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Check:
    """Ours against expected.

    Attributes:
        name: What is compared.
        ours: Our number.
        expected: The number it should be.
        tolerance: Largest difference that passes.
        unit: Unit of the three.
        source: Where *expected* comes from.
    """

    name: str
    ours: float
    expected: float
    tolerance: float
    unit: str
    source: str

    @property
    def ok(self) -> bool:
        """True if the difference is within the tolerance."""
        return abs(self.ours - self.expected) <= self.tolerance

    def as_json(self) -> dict[str, object]:
        """The check as it stands in JSON."""
        return asdict(self) | {"ok": self.ok}
