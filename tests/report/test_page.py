"""The page as text: it holds its sections, agrees with the KPIs, and nothing a user wrote is markup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

import tiny
from dcplan.engine.plan import Plan
from dcplan.report import page
from dcplan.report.figures.money import by_item, by_owner
from dcplan.report.frame import in_script
from dcplan.results.store import Run, frame
from dcplan.studies.replicate import replicate

NASTY = "<script>alert(1)</script>"
REST_BYTES = 1_500_000
PageOf = Callable[..., str]


@pytest.fixture(scope="module")
def page_of(make_run: Callable[..., Run]) -> PageOf:
    """The page of a run, drawn once for all tests."""
    return cache(lambda **settings: page.render(make_run(**settings)))


def without_plotly(text: str) -> str:
    return text.replace(get_plotlyjs(), "")


def headings(text: str) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", without_plotly(text))


def drawings(text: str) -> list[dict[str, object]]:
    return [json.loads(found) for found in re.findall(r"<script type='application/json'[^>]*>(.*?)</script>", text)]


def test_it_is_written_beside_the_run_and_the_same_run_gives_the_same_bytes(
    make_run: Callable[..., Run], page_of: PageOf, tmp_path: Path
) -> None:
    path = page.write(make_run(), tmp_path / "run")
    assert path == tmp_path / "run" / "report.html"
    assert path.read_text(encoding="utf-8") == page_of()
    assert page_of().startswith("<!DOCTYPE html>\n<html lang=")


def test_sections_follow_the_order_of_the_questions(page_of: PageOf) -> None:
    assert headings(page_of(endpoints=("chat", "vision"))) == [
        "Headline numbers",
        "Before you trust these numbers",
        "Energy and power",
        "Cooling and weather",
        "Endpoint chat",
        "Endpoint vision",
        "Training queue nightly",
        "Money",
        "Electricity bill",
        "All numbers",
        "What this rests on",
        "How this was computed",
    ]


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"site": False}, ["Money", "Electricity bill", "Cooling and weather"]),
        (
            {"site": False, "servers": False, "queues": ()},
            ["Energy and power", "Cooling and weather", "Training queue nightly", "Money", "Electricity bill"],
        ),
        ({"endpoints": ()}, ["Endpoint vision"]),
        ({"queues": (), "replications": 1}, ["Training queue nightly"]),
        ({"idle": ("vision",)}, []),
        ({"steps": 1}, ["Cooling and weather"]),
    ],
)
def test_a_run_without_some_tables_has_a_page_without_some_sections(
    page_of: PageOf, settings: dict[str, object], missing: list[str]
) -> None:
    whole = headings(page_of())
    assert headings(page_of(**settings)) == [title for title in whole if title not in missing]


def test_a_run_with_finance_shows_what_owning_costs_beside_renting(plan_of: Callable[..., Plan]) -> None:
    run = replicate(plan_of(tiny.FINANCE))
    text = page.render(run)
    titles = headings(text)
    assert titles.index("Owning, or renting") == titles.index("Electricity bill") + 1
    section = text[text.index("<h2>Owning, or renting</h2>") :]
    section = section[: section.index("</section>")]
    assert section.count("<figure") == 5  # device use, against cloud and colocation, a request, a training run
    assert "as if every week were like" in section
    total = re.findall(r"Total</th><td class='number'>([\d,]+)<", section)
    tco_usd = run.kpis["kpis"]["tco_usd_per_year"]["value"]
    assert float(total[-1].replace(",", "")) == pytest.approx(tco_usd, abs=0.51)


def test_a_run_with_empty_tables_has_a_page(make_run: Callable[..., Run]) -> None:
    run = make_run(endpoints=(), queues=(), site=False, servers=False)
    tables = {name: frame(name, []) for name in ("endpoints", "latency", "batches", "jobs", "assumptions", "warnings")}
    text = page.render(replace(run, tables=tables))
    assert "This run rests on no assumption" in text
    assert "nothing to warn of" in text


def test_an_endpoint_without_requests_says_so(page_of: PageOf) -> None:
    text = page_of(idle=("vision",))
    assert "vision got no request" in text
    assert "no value" in text


@pytest.mark.parametrize("rate", [50, 0.01, 1e-9])
def test_a_cache_is_drawn_beside_its_theory_however_few_requests_come(
    rate: float, plan_of: Callable[..., Plan]
) -> None:
    cache = "endpoints.web.cache={kind: lru, objects: 9, size: 3, skew: 0.9, hit: 2 ms}"
    run = replicate(plan_of(tiny.SYNTHETIC, cache, f"endpoints.web.demand.rate={rate} /s", "step=10 s"))
    text = without_plotly(page.render(run))
    assert ("Che&#x27;s approximation expects" in text) == (rate > 1e-3)
    assert "as a dashed line what" in text or rate < 1e-3
    assert len(drawings(text)) >= 2


def test_one_replication_has_no_interval(page_of: PageOf) -> None:
    text = without_plotly(page_of(queues=(), replications=1))
    assert "no interval: one replication" in text
    assert "95&nbsp;%: " not in text


def test_it_is_small_beside_plotly(make_run: Callable[..., Run]) -> None:
    text = page.render(make_run(endpoints=[f"service-{number}" for number in range(12)], steps=3000))
    assert len(without_plotly(text).encode()) < REST_BYTES
    assert text.count(get_plotlyjs()) == 1


def test_it_forbids_itself_any_request(page_of: PageOf) -> None:
    text = without_plotly(page_of())
    assert "default-src 'none'; script-src 'sha256-" in text
    assert not re.search(r"<(script|img|iframe|link)[^>]*\s(src|href)=['\"](?!data:)", text)
    assert "@import" not in text
    assert "url(" not in text


def test_what_a_user_wrote_is_text(make_run: Callable[..., Run]) -> None:
    names = (NASTY, "<b>bold</b>", "'onload='alert(2)", "</title>")
    text = without_plotly(page.render(make_run(NASTY, endpoints=names, queues=(NASTY,), question=NASTY)))
    for name in names:
        assert name not in text.replace("</title>\n<style>", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert text.count("<script") == 2 + len(drawings(text))


def test_names_in_a_figure_are_escaped_for_plotly(make_run: Callable[..., Run]) -> None:
    text = page.render(make_run(endpoints=("<b>%{x}</b>",)))
    labels = json.dumps([drawing["wide"] for drawing in drawings(text)])
    assert "&lt;b&gt;&#37;{x}&lt;/b&gt;" in labels
    assert "<b>%{x}" not in labels


def test_json_cannot_end_its_script() -> None:
    assert "<" not in in_script({"name": "</script><!-- &"})
    assert json.loads(in_script({"name": "</script><!-- &"})) == {"name": "</script><!-- &"}


def test_the_costs_on_the_page_sum_to_the_kpi(make_run: Callable[..., Run], page_of: PageOf) -> None:
    run = make_run(endpoints=("chat", "vision"))
    total = run.kpis["kpis"]["cost_total_usd"]["value"]
    assert float(by_item(run.tables["costs"]).sum()) == pytest.approx(total, rel=1e-12)
    assert float(by_owner(run.tables["costs"])["total"].sum()) == pytest.approx(total, rel=1e-12)
    assert page_of(endpoints=("chat", "vision")).count(f"${total:,.2f}") >= 3


def test_each_figure_has_a_finding_a_caption_and_a_label(page_of: PageOf) -> None:
    text = without_plotly(page_of())
    figures = re.findall(r"<figure.*?</figure>", text, flags=re.DOTALL)
    assert len(figures) == 12
    for figure in figures:
        finding = re.search(r"<h3[^>]*>(.+?)</h3>", figure)
        assert finding is not None
        assert f"aria-label='{finding[1]}'" in figure
        assert re.search(r"<figcaption>.+</figcaption>", figure)


def test_unread_sources_are_marked_and_addresses_are_links(page_of: PageOf) -> None:
    text = page_of()
    assert text.count("source not read yet</span>") == 1
    assert "<a href='https://example.org/station?a=1&amp;b=2' rel='noreferrer'>" in text


def test_the_whole_scenario_is_on_the_page(page_of: PageOf) -> None:
    text = page_of()
    assert "<details>" in text
    assert "max_delay: 0.005 s" in text
    assert "Monday, 07 July 2025" in text
