"""The table for the terminal."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

from dcplan.report.console import table
from dcplan.results.store import Run


def printed(run: Run, width: int = 100) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(table(run))
    return stream.getvalue()


def test_main_kpis_are_shown_in_units_that_people_use(make_run: Callable[..., Run]) -> None:
    text = printed(make_run())
    assert "35.0 ms" in text
    assert "34.65 to 35.35 ms" in text
    assert "99.50 %" in text
    assert "$98.01" in text


def test_names_are_no_markup(make_run: Callable[..., Run]) -> None:
    text = printed(make_run("[bold]room[/bold]", endpoints=("[red]x",)))
    assert "[bold]room[/bold]" in text
    assert "Endpoint [red]x" in text


def test_without_replications_there_is_a_dash(make_run: Callable[..., Run]) -> None:
    lines = printed(make_run(replications=1, site=False)).splitlines()
    assert next(line for line in lines if "latency p99" in line).rstrip(" │").endswith("-")


def test_an_endpoint_without_requests_has_no_value(make_run: Callable[..., Run]) -> None:
    assert "no value" in printed(make_run(idle=("vision",)))
