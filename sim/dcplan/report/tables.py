"""The tables of the page: all KPIs, who pays, warnings, and how it was computed."""

from __future__ import annotations

import html

import pandas as pd

from dcplan.economics.items import CARBON_PRICE, runs
from dcplan.kpis.definitions import OF_ENDPOINTS, OF_QUEUES, OF_SITES, PIPELINE, Kpi
from dcplan.report.facts import Facts
from dcplan.report.figures.bill import by_month_and
from dcplan.report.figures.money import UNUSED, by_owner
from dcplan.report.numbers import dollars, kpi_interval, kpi_value, percent, span
from dcplan.report.summary import Kpis, names
from dcplan.results.store import Run


def kpis_html(kpis: Kpis) -> str:
    """Every KPI with value, interval and meaning, in groups."""
    parts = [("Site and building", "", [name for name in kpis if "." not in name])]
    for family, word in (("pipelines", "Pipeline"), ("endpoints", "Endpoint"), ("training", "Training queue")):
        for name in names(kpis, family):
            prefix = f"{family}.{name}."
            parts.append((f"{word} {name}", prefix, [key for key in kpis if key.startswith(prefix)]))
    bodies = "\n".join(_group(title, prefix, keys, kpis) for title, prefix, keys in parts if keys)
    return (
        "<table class='stacking kpis'>\n<thead><tr><th scope='col'>Name</th><th scope='col' class='number'>Value</th>"
        "<th scope='col' class='number'>95 % interval</th><th scope='col'>Meaning</th></tr></thead>\n"
        f"{bodies}\n</table>"
    )


def _group(title: str, prefix: str, keys: list[str], kpis: Kpis) -> str:
    meanings = {kpi.name: kpi.meaning for kpi in _family(prefix)}
    rows = "\n".join(_kpi(key, prefix, meanings.get(key.rpartition(".")[2], ""), kpis) for key in keys)
    heading = f"<tr class='group'><th colspan='4' scope='rowgroup'>{html.escape(title)}</th></tr>"
    return f"<tbody>\n{heading}\n{rows}\n</tbody>"


def _family(prefix: str) -> tuple[Kpi, ...]:
    families = {"endpoints": OF_ENDPOINTS, "pipelines": PIPELINE, "training": OF_QUEUES}
    return families.get(prefix.partition(".")[0], OF_SITES)


def _kpi(key: str, prefix: str, meaning: str, kpis: Kpis) -> str:
    exact = kpis[key]["value"]
    title = "" if exact is None else f" title='{exact!r} {html.escape(str(kpis[key]['unit']))}'"
    return (
        f"<tr><td data-label='Name'><code>{html.escape(key.removeprefix(prefix))}</code></td>"
        f"<td data-label='Value' class='number'{title}>{html.escape(kpi_value(key, kpis[key]))}</td>"
        f"<td data-label='95 % interval' class='number'>{html.escape(kpi_interval(key, kpis[key])) or '&ndash;'}</td>"
        f"<td data-label='Meaning'>{html.escape(_sentence(meaning))}</td></tr>"
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def owners_html(costs: pd.DataFrame) -> str:
    """Who pays: one row per owner; the last row is the total cost."""
    owners = by_owner(costs)
    total = float(owners["total"].sum())
    rows = "\n".join(_owner(str(name), row, total) for name, row in owners.iterrows())
    others = "Servers, building, their running" if costs["item"].map(runs).any() else "Servers, building"
    metered = "Electricity, water, carbon" if (costs["item"] == CARBON_PRICE).any() else "Electricity, water"
    sums = _owner("Total", owners.sum(), total)
    return (
        "<table class='owners'>\n<caption>Who pays, mean over the replications</caption>\n"
        f"<thead><tr><th scope='col'>Owner</th><th scope='col' class='number'>{metered}</th>"
        f"<th scope='col' class='number'>{others}</th><th scope='col' class='number'>Total</th>"
        "<th scope='col' class='number'>Share</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n<tfoot>\n{sums}\n</tfoot>\n</table>"
    )


def _owner(name: str, row: pd.Series, total: float) -> str:
    shown = "unused slots" if name == UNUSED else name
    share = percent(float(row["total"]) / total) if total else ""
    cells = "".join(f"<td class='number'>{dollars(float(row[key]))}</td>" for key in ("metered", "bought", "total"))
    return f"<tr><th scope='row'>{html.escape(_sentence(shown))}</th>{cells}<td class='number'>{share}</td></tr>"


KINDS = {"energy": "Energy", "demand": "Demand", "fixed": "Fees", "tax": "Taxes, levies", "credit": "Credits"}
"""What kinds of items are called in the table of the bill."""


def bill_html(bill: pd.DataFrame) -> str:
    """The electricity bill: a row per month with its kinds of items and their sum; the last row is the total."""
    months = by_month_and(bill, "kind")
    kinds = [kind for kind in KINDS if kind in months and months[kind].any()]
    heads = "".join(f"<th scope='col' class='number'>{html.escape(KINDS[kind])}</th>" for kind in kinds)
    rows = "\n".join(_bill_row(str(month), row, kinds) for month, row in months.iterrows())
    return (
        "<table class='owners'>\n<caption>The electricity bill by month, mean over the replications</caption>\n"
        f"<thead><tr><th scope='col'>Month</th>{heads}<th scope='col' class='number'>Sum</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n<tfoot>\n{_bill_row('Total', months.sum(), kinds)}\n</tfoot>\n</table>\n"
        f"{_items_html(bill)}"
    )


def _bill_row(name: str, row: pd.Series, kinds: list[str]) -> str:
    amounts = [*(float(row[kind]) for kind in kinds), float(row[kinds].sum())]
    cells = "".join(f"<td class='number'>{usd:,.2f}</td>" for usd in amounts)
    unbroken = html.escape(name).replace("-", "&#8209;")
    return f"<tr><th scope='row'>{unbroken}</th>{cells}</tr>"


def _items_html(bill: pd.DataFrame) -> str:
    """Every item with what is billed over all months: the sum of what is counted, the highest of what is a level."""
    replications = max(1, bill["replication"].nunique())
    rows = []
    for item, lines in bill.groupby("item", sort=False):
        unit = str(lines["unit"].iloc[0])
        counted = unit in COUNTED
        highest = float(lines.groupby("replication")["quantity"].max().mean())
        quantity = lines["quantity"].sum() / replications if counted else highest
        usd = float(lines["usd"].sum()) / replications
        if usd == 0.0:
            continue
        billed = f"{quantity:,.0f} {unit}" if counted else f"{quantity:,.4g} {unit}, highest"
        shown = "" if unit == "month" else billed
        rows.append(
            f"<tr><th scope='row'>{html.escape(_sentence(str(item).replace('_', '-')))}</th>"
            f"<td class='number'>{html.escape(shown)}</td><td class='number'>{usd:,.2f}</td></tr>"
        )
    total = float(bill["usd"].sum()) / replications
    return (
        "<table class='owners'>\n<caption>The same by item</caption>\n<thead><tr><th scope='col'>Item</th>"
        "<th scope='col' class='number'>Billed</th><th scope='col' class='number'>USD</th></tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + f"\n</tbody>\n<tfoot>\n<tr><th scope='row'>Total</th><td></td><td class='number'>{total:,.2f}</td></tr>\n"
        "</tfoot>\n</table>"
    )


COUNTED = ("kWh", "kvarh", "USD", "day")
"""Units of what adds up over the months."""


def warnings_html(warnings: pd.DataFrame) -> str:
    """What to know before trusting the numbers."""
    if warnings.empty:
        return "<p>dcplan has nothing to warn of in this run.</p>"
    items = [f"<li>{html.escape(message)}</li>" for message in warnings["message"]]
    return "<ul>\n" + "\n".join(items) + "\n</ul>"


def provenance_html(run: Run, facts: Facts) -> str:
    """What is needed to do the run again."""
    versions = run.manifest.get("versions", {})
    warm_up = f", the first {span(facts.warm_up_s)} of it not counted" if facts.warm_up_s else ""
    entries = {
        "Simulated": f"{span(facts.horizon_s)} from {facts.start:%A, %d %B %Y, %H:%M} (site time){warm_up}",
        "Recorded": f"every {span(facts.step_s)}",
        "Replications": f"{facts.replications}, independent; intervals are Student's, 95 %",
        "Seed": str(run.manifest.get("seed", "")),
        "Versions": ", ".join(f"{name} {number}" for name, number in versions.items()),
        "Python": str(run.manifest.get("python", "")),
    }
    rows = "\n".join(
        f"<tr><th scope='row'>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in entries.items() if text
    )
    return (
        f"<table class='provenance'>\n<tbody>\n{rows}\n</tbody>\n</table>\n"
        "<p>The same scenario, seed and versions give the same numbers. Dates on the charts count from the start and "
        "do not jump when daylight saving changes.</p>\n"
        "<details>\n<summary>The scenario with everything it extends and every default</summary>\n"
        f"<pre tabindex='0'><code>{html.escape(run.scenario_text)}</code></pre>\n</details>"
    )
