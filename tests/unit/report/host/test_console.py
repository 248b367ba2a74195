"""A verification in the terminal and in Markdown."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from dcplan.report.host.console import markdown, table
from made_up_host import busy, quiet


def printed(document: dict[str, Any], width: int = 110) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(table(document))
    return stream.getvalue()


def test_verdicts_come_before_runs() -> None:
    text = printed(quiet())
    assert text.index("Median error") < text.index("in process, batch 1") < text.index("over HTTP, batch 8")
    assert "ok" in text
    assert "MISS" not in text


def test_every_run_has_a_line_with_its_error() -> None:
    document = quiet()
    lines = [line for line in printed(document).splitlines() if " → " in line]
    assert len(lines) == len(document["cases"])
    assert all(line.count("→") == 4 for line in lines)
    assert f"{100 * document['cases'][0]['error']['mean']:+.1f}" in lines[0]


def test_runs_that_are_not_judged_are_marked() -> None:
    text = printed(quiet())
    assert text.count("95 %*") == 12
    assert "* shown, not judged" in text
    assert "*" not in printed(busy())


def test_a_contended_machine_is_told() -> None:
    text = " ".join(printed(busy(2)).split())
    assert "took CPU time in 12 of 12 runs" in text
    assert "25 % (quiet: 5 %)" in text
    assert "MISS" in text


def test_one_measurement_has_no_repeatability() -> None:
    assert "measured once" in printed(busy())


def test_names_are_no_markup() -> None:
    assert "[bold]x[/bold] on" in printed(quiet(workload="[bold]x[/bold]"))


@pytest.mark.parametrize("document", [quiet(), busy(), busy(2)], ids=["quiet", "once", "contended"])
def test_markdown_is_two_tables(document: dict[str, Any]) -> None:
    lines = list(markdown(document))
    blank = lines.index("")
    verdicts, runs = lines[:blank], [line for line in lines[blank + 1 :] if line.startswith("|")]
    assert len(verdicts) == 2 + 7
    assert len(runs) == 2 + len(document["cases"])
    for part in (verdicts, runs):
        assert len({line.count("|") for line in part}) == 1
    assert not any("\n" in line for line in lines)


def test_markdown_says_predicted_measured_and_error() -> None:
    document = quiet()
    first = document["cases"][0]
    line = next(line for line in markdown(document) if line.startswith("| in process"))
    assert f"{1e3 * first['value']['mean']:.2f} → " in line
    assert f"{100 * first['error']['mean']:+.1f} %" in line


def test_a_star_is_no_emphasis_in_markdown() -> None:
    text = "\n".join(markdown(quiet()))
    assert text.endswith("\\* shown, not judged")
    assert text.count("*") == text.count("\\*")


def test_what_a_server_takes_within_a_promise_comes_last() -> None:
    rule = {"max_batch": 4, "max_delay_s": 0.005}
    found = {"way": "http", "rule": rule, "slo_s": 0.05, "predicted": [200.0, 210.0], "measured": [190.0, 200.0]}
    text = printed(quiet(server_scenario=[found]))
    assert "Most requests per second within a promise" in text
    assert text.rindex("Most requests") > text.rindex(" → ")
    assert "200.0 to 210.0 /s" in text
