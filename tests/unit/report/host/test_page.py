"""The page of a verification, without a browser."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.report import theme
from dcplan.report.host import words
from dcplan.report.host.agreement import agreement_figure
from dcplan.report.host.curves import curves_figure
from dcplan.report.host.data import of
from dcplan.report.host.errors import errors_figure
from dcplan.report.host.marks import colour, log_ticks, symbol
from dcplan.report.host.page import render, write_host_page
from dcplan.report.host.tables import judgement_cells, judgements_html, most_cells, provenance_html, runs_html
from made_up_host import LOADS, busy, quiet, written

NASTY = "<script>alert(1)</script>"
DOCUMENTS = {"quiet": quiet(), "once": busy(), "contended": busy(2)}
EACH = pytest.mark.parametrize("name", DOCUMENTS)


@cache
def page(name: str) -> str:
    """The page of a document, drawn once for all tests."""
    return render(of(DOCUMENTS[name]))


def exact() -> dict[str, Any]:
    """Predictions without any error, of intervals without any width."""
    document = quiet()
    for case in document["cases"]:
        case["measured"] = [dict(case["value"])] * 2
        case["measured_quantile_s"] = case["quantile_s"]
        case["low"] = case["high"] = case["value"]
        case["error"] = dict.fromkeys(case["error"], 0.0)
        case["repeatability"] = dict.fromkeys(case["repeatability"], 0.0)
    for one in document["judgements"]:
        one |= {"error": 0.0, "repeatability": 0.0, "inside": 1.0, "ok": True}
    return document


@EACH
def test_the_page_lies_beside_the_document_and_is_the_same_every_time(name: str, tmp_path: Path) -> None:
    path = write_host_page(written(DOCUMENTS[name], tmp_path / "run"))
    assert path == tmp_path / "run" / "report.html"
    assert path.read_text(encoding="utf-8") == page(name)


@EACH
def test_it_asks_the_network_for_nothing(name: str) -> None:
    text = page(name)
    head = text[: text.index("<script>")]
    assert "default-src 'none'" in head
    assert not re.search(r"(src|href)=['\"]?(https?:)?//", head)


@EACH
def test_every_run_is_in_the_tables(name: str) -> None:
    document = DOCUMENTS[name]
    text = runs_html(of(document))
    assert text.count("rowgroup") == len(document["cases"])
    assert text.count("<tr>") - text.count("<thead>") >= 7 * len(document["cases"])
    assert text.count("<details>") == 6


def test_text_of_others_is_escaped() -> None:
    document = quiet(workload=NASTY, contended=NASTY, hardware={"cpu_model": NASTY}, software={"x": NASTY})
    for case in document["cases"]:
        case["case"]["kind"] = NASTY
    text = render(of(document))
    assert NASTY not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_quiet_verdict_names_error_runs_and_target() -> None:
    known = of(quiet())
    error = words.within(known.targeted[0].error)
    said = words.verdict(known)
    assert said.startswith(f"dcplan predicted the mean latency within {error} (median over 36 runs, target 5 %)")
    assert said.endswith("Every target is met.")


def test_a_contended_verdict_says_why_and_what_errors_are_judged_against() -> None:
    document = busy(2)
    said = words.verdict(of(document))
    assert f"The machine was contended: {document['contended']}." in said
    assert said.endswith("judged against how well the machine repeats itself.")
    assert "allowed 25 %" in said


def test_one_measurement_has_no_repeatability() -> None:
    known = of(busy())
    assert words.verdict(known).endswith("nobody knows how well the machine repeats itself.")
    assert judgement_cells(known.judgements[0])[3] == "measured once"
    assert "measured once" in page("once")


def test_missed_metrics_are_named() -> None:
    document = quiet()
    document["judgements"][3] |= {"error": 0.2, "ok": False}
    known = of(document)
    assert words.verdict(known).endswith("Missed: p99 latency.")
    assert judgements_html(known).count("class='missed'") == 1


def test_a_raised_target_is_shown_with_the_one_that_was_asked() -> None:
    cells = judgement_cells(of(busy(2)).judgements[0])
    assert cells[2] == "25 % (quiet: 5 %)"
    assert "how well the machine repeats itself," in page("contended")


def test_a_metric_without_target_has_no_verdict() -> None:
    known = of(quiet())
    batch = next(one for one in known.judgements if one.metric == "batch")
    assert judgement_cells(batch)[2] == "none"
    assert judgement_cells(batch)[-1] == ""


def test_warnings_of_a_quiet_full_verification_are_about_the_runs_that_are_not_judged() -> None:
    assert list(words.warnings(of(quiet()))) == [
        "12 runs at 95 % load are shown but not judged: so near to saturation small errors grow large."
    ]


def test_what_disturbs_is_warned_of() -> None:
    document = busy()
    document["cases"][0] |= {"unanswered": 7, "late_p99_s": 0.004}
    found = " ".join(words.warnings(of(document)))
    for expected in ("contended", "--quick", "measured once", "7 requests got no answer", "4.00 ms late"):
        assert expected in found


def test_machine_and_software_are_told() -> None:
    text = provenance_html(of(quiet()))
    for expected in (
        "AMD EPYC",
        "2 logical processors",
        "23.5 GiB",
        "mosec 0.9.8",
        "8 samples in each request",
        "1.2 %",
    ):
        assert expected in text


@EACH
def test_every_run_is_a_mark_in_both_panels(name: str) -> None:
    known = of(DOCUMENTS[name])
    for narrow in (False, True):
        marks = [trace for trace in agreement_figure(known, narrow=narrow).data if trace.error_x.array is not None]
        assert sum(len(trace.x) for trace in marks) == 2 * len(known.cases)
        hollow = [trace for trace in marks if trace.marker.symbol.endswith("-open")]
        assert sum(len(trace.x) for trace in hollow) == 2 * (len(known.cases) - len(known.judged))


def test_marks_tell_ways_and_loads_apart() -> None:
    known = of(quiet())
    assert len({symbol(known, case.way) for case in known.cases}) == 2
    assert len({colour(known, load) for load in LOADS}) == 4


@EACH
def test_errors_show_repeatability_only_where_it_is_known(name: str) -> None:
    known = of(DOCUMENTS[name])
    for narrow in (False, True):
        figure = errors_figure(known, narrow=narrow)
        bars = [trace for trace in figure.data if trace.type == "bar"]
        assert sum(len(trace.x) for trace in bars) == (2 * len(known.cases) if known.repeats > 1 else 0)
    first = known.cases[0]
    marks = [trace for trace in figure.data if trace.type == "scatter" and trace.x[0] is not None]
    assert np.float32(100 * first.error["mean"]) in np.concatenate([trace.y for trace in marks])


@EACH
def test_every_distribution_is_drawn_twice(name: str) -> None:
    known = of(DOCUMENTS[name])
    for way in ("in process", "http"):
        for narrow in (False, True):
            drawn = [t for t in curves_figure(known, way, narrow=narrow).data if t.x[0] is not None]
            assert len(drawn) == len(known.cases)


def test_findings_name_the_errors() -> None:
    known = of(quiet())
    median = words.within(float(np.median([abs(case.error["mean"]) for case in known.judged])))
    assert f"Half of the 36 judged runs are within {median}" in theme.finding(agreement_figure(known))
    assert "% load" in theme.finding(errors_figure(known))
    assert "18 runs" in theme.finding(curves_figure(known, "http"))


def test_predictions_without_error_are_shown() -> None:
    known = of(exact())
    assert "within 0 %" in words.verdict(known)
    assert "differ by 0&nbsp;%" in render(known)
    assert "+0" not in runs_html(known)


def test_one_load_and_one_way_are_enough() -> None:
    document = busy()
    document["cases"] = document["cases"][:1]
    known = of(document)
    assert "At 30 % load" in theme.finding(errors_figure(known))
    assert "In process, no batching" in render(known)


SERVER = [
    {"way": "http", "rule": {"max_batch": 4, "max_delay_s": 0.005}, "slo_s": 0.05}
    | {"predicted": [200.0, 210.0], "measured": [190.0, 200.0]},
    {"way": "in process", "rule": {"max_batch": 1, "max_delay_s": 0.0}, "slo_s": 0.05}
    | {"predicted": [240.0, None], "measured": [0.0, 20.0]},
]


def test_what_a_server_takes_within_a_promise_is_shown_if_it_was_asked_for() -> None:
    assert "What it can take in time" not in page("quiet")
    text = render(of(quiet(server_scenario=SERVER)))
    assert "What it can take in time" in text
    bounded, open_ended = of(quiet(server_scenario=SERVER)).server_scenario
    assert most_cells(bounded)[1:] == ["50.0 ms", "200.0 to 210.0 /s", "190.0 to 200.0 /s", "+5.1 %"]
    assert most_cells(open_ended)[2:] == ["over 240 /s", "below 20.0 /s", "no value"]


def test_what_is_no_verification_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        write_host_page(tmp_path)
    for text in ("{}", "[]", "no json", '{"grid": [], "judgements": 1, "cases": []}'):
        (tmp_path / "host.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="no result of"):
            write_host_page(tmp_path)


@pytest.mark.parametrize(("low", "high"), [(0.003, 0.7), (0.9, 1.1), (1e-4, 50.0), (0.0101, 0.0109)])
def test_ticks_are_inside_and_apart(low: float, high: float) -> None:
    ticks = log_ticks(low, high, 5)
    assert all(low <= tick <= high for tick in ticks)
    assert (np.diff(np.log10(ticks)) >= np.log10(high / low) / 5 - 1e-9).all()
