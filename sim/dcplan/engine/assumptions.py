"""The list of everything a run rests on: value, source, and whether somebody has measured or read it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from dcplan.profiles.library import Profile


class Assumptions:
    """Rows of the table `assumptions`, gathered while the scenario is resolved."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, part: str, name: str, value: str, kind: str, source: str, verified: bool = True) -> None:
        """One assumption."""
        row = {"part": part, "name": name, "value": value, "kind": kind, "verified": verified, "source": source}
        if row not in self.rows:
            self.rows.append(row)

    def use(self, part: str, profile: Profile, used: str = "") -> None:
        """A whole profile, with its own source."""
        name = f"{profile.family}: {profile.name}"
        self.add(part, name, used or profile.description, profile.kind, profile.source, not profile.unverified)

    def use_values(self, part: str, profile: Profile, leave_out: Container[str] = ()) -> None:
        """Every number in a profile that carries its own source, whatever mapping it is nested in.

        Args:
            part: Part of the scenario that rests on it.
            profile: Where the numbers are.
            leave_out: Numbers that this run does not use, because the scenario says another or nothing asks for them.
        """
        self._walk(part, profile, "", {key: entry for key, entry in profile.values.items() if key not in leave_out})

    def _walk(self, part: str, profile: Profile, name: str, node: Mapping[str, Any]) -> None:
        for key, entry in node.items():
            if not isinstance(entry, Mapping):
                continue
            label = f"{name} {key}".strip()
            if "value" in entry:
                self.add(
                    part,
                    f"{profile.name}: {label.replace('_', ' ')}",
                    _with_range(entry),
                    profile.kind,
                    " ".join(str(entry.get("source", profile.source)).split()),
                    not entry.get("unverified", profile.unverified),
                )
            else:
                self._walk(part, profile, label, entry)


def _with_range(entry: Mapping[str, Any]) -> str:
    unit = str(entry.get("unit", "")).removeprefix("1").strip() if entry.get("unit") == "1" else str(entry.get("unit"))
    text = f"{entry['value']} {unit}".strip()
    if "low" in entry and "high" in entry:
        text += f" ({entry['low']} to {entry['high']})"
    return text
