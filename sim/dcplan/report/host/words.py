"""A verification in sentences: the verdict, where and when, what to know before trusting it, and how it was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import numpy as np

from dcplan.report.host.data import WAYS, Host, Judgement, distinct, named
from dcplan.report.numbers import Scale, between, digits, percent, quantity, scale, span

COUNTED = {1: "once", 2: "twice"}
LATE_S = 1e-3
"""Above this, requests sent late are worth a warning [s]."""


def heading(known: Host) -> str:
    """What was served where."""
    hardware = known.part("hardware")
    cpus = hardware.get("logical_cpus")
    processors = f" ({cpus} {'processor' if cpus == 1 else 'processors'})" if cpus else ""
    machine = " ".join(str(hardware.get("cpu_model") or known.document.get("sku") or "this machine").split())
    return f"{known.document.get('workload', 'a model')} on {machine}{processors}, predicted and measured"


def circumstances(known: Host) -> str:
    """When it was done, and how much of it."""
    ways = " and ".join(named(WAYS, way) for way in distinct(case.way for case in known.cases))
    counted = known.part("counted_s")
    length = float(counted.get("horizon_s", 0.0)) - float(counted.get("warm_up_s", 0.0))
    times = COUNTED.get(known.repeats, f"{known.repeats} times")
    each = f", {span(length)} of each counted" if length > 0 else ""
    mode = f"{known.document.get('mode', '')} verification".strip().capitalize()
    return f"{mode} of {_when(known)}: {len(known.cases)} runs, {ways}, each measured {times}{each}."


def _when(known: Host) -> str:
    began = str(known.document.get("began", ""))
    try:
        moment = datetime.fromisoformat(began)
    except ValueError:
        return began or "an unknown day"
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()


def verdict(known: Host) -> str:
    """How large the errors are, against what was asked; or why they say little."""
    if not known.targeted and known.contended:
        return f"There is no verdict: each run was measured once on a contended machine: {known.contended}."
    if not known.targeted:
        return "No target was set."
    first, *others = known.targeted
    runs = f"median over {first.cases} runs, {_target(first)}"
    sentence = f"dcplan predicted the {first.label} within {within(first.error)} ({runs})"
    rest = [f"{one.label} within {within(one.error)} ({_target(one)})" for one in others]
    listed = f", {', '.join(rest[:-1])}{' and ' if len(rest) > 1 else ''}{rest[-1]}" if rest else ""
    return f"{sentence}{listed}. {_outcome(known)}{_excuse(known)}"


def _target(one: Judgement) -> str:
    """What the error may be: what is asked, or more on a machine that repeats itself worse."""
    return f"{'allowed' if one.relaxed else 'target'} {within(one.target or 0.0)}"


def _outcome(known: Host) -> str:
    missed = [one.label for one in known.targeted if not one.ok]
    if not missed:
        return "Every target is met."
    if len(missed) == len(known.targeted):
        return "Every target is missed."
    return f"Missed: {', '.join(missed)}."


def _excuse(known: Host) -> str:
    """Why the errors of a contended machine are judged otherwise."""
    if not known.contended:
        return ""
    reason = f" The machine was contended: {known.contended}."
    if known.repeats > 1:
        return f"{reason} Errors are therefore judged against how well the machine repeats itself."
    return f"{reason} Each run was measured once, so nobody knows how well the machine repeats itself."


def warnings(known: Host) -> Iterator[str]:
    """What to know before the errors are quoted."""
    if known.contended:
        yield (
            f"The machine was contended: {known.contended}. Part of the errors is the machine's; how large a "
            "part is not known. Verify again on a quiet machine."
        )
    if known.quick:
        yield "A quick verification: few and short runs. Verify again without --quick before you quote its errors."
    if known.repeats < 2:
        yield "Each run was measured once: how well the machine repeats itself is not known."
    unanswered = sum(int(case.get("unanswered", 0)) for case in known.document["cases"])
    if unanswered:
        yield f"{unanswered:,} requests got no answer; the latencies are those of the others."
    late_s = lateness(known)
    if late_s is not None and late_s > LATE_S:
        yield f"In the worst run 1 % of the requests were sent more than {quantity(late_s, 's')} late."
    shown = [case for case in known.cases if not case.judged]
    if shown:
        loads = " and ".join(distinct(case.load_name for case in shown))
        yield f"{len(shown)} runs at {loads} are shown but not judged: so near to saturation small errors grow large."


def lateness(known: Host) -> float | None:
    """How late 1 % of the requests were sent in the worst run [s]; None if it was not recorded."""
    found = [case["late_p99_s"] for case in known.document["cases"] if case.get("late_p99_s") is not None]
    return float(max(found)) if found else None


def disturbance(known: Host) -> str:
    """What others took of the machine while it was measured; "" if it was not recorded."""
    texts = []
    for who, name in (("other processes", "others_percent"), ("the hypervisor", "steal_percent")):
        shares = [share for case in known.cases for share in getattr(case, name)]
        if shares:
            median, most = (percent(float(value) / 100) for value in (np.median(shares), max(shares)))
            texts.append(f"{who} {median} (median), {most} at most")
    return "; ".join(texts)


def method(known: Host) -> tuple[str, ...]:
    """How it was done, in paragraphs."""
    again = "once more in another order" if known.repeats == 2 else f"{known.repeats - 1} more times in other orders"
    order = f"in random order, and then {again}" if known.repeats > 1 else "in random order"
    return (
        "First the model's call was timed by itself, and what each way of serving adds was measured with a call that "
        "does nothing, after pauses, and with nearly as many requests as it can serve. The runs were then measured "
        f"{order}. Just before each of them the call was looked at once more, for how fast the machine is at the time; "
        "dcplan simulated the run, and the prediction was on disk before the run began. Nothing was fitted to a judged "
        "run.",
        "The simulation got the very arrival times that the server got, so that what is compared is the model of the "
        "server and not the luck of the arrivals. A separate process sent each request at its intended time whatever "
        "had been answered so far (open loop), and latency counts from the intended arrival, so that a slow server "
        "cannot hide behind requests that were sent late.",
        "What is predicted is the middle one of the replications, and its interval holds the middle 95 % of them, each "
        "with its own draws of service times, of the machine's slow spells, and of the profile within its uncertainty. "
        "An error is predicted over measured, less one; repeatability is the difference between measurements of the "
        "same run over their mean.",
    )


def signed(error: float | None, places: int = 1) -> str:
    """An error in per cent with its sign.

    >>> signed(0.0312), signed(-0.5), signed(-0.0), signed(None)
    ('+3.1 %', '-50.0 %', '0.0 %', 'no value')
    """
    if error is None or not np.isfinite(error):
        return quantity(None, "")
    shown = round(100 * error, places)
    return f"{shown:+.{places}f} %" if shown else f"{0:.{places}f} %"


def within(error: float) -> str:
    """The size of an error in per cent, with no more digits than it deserves.

    >>> within(0.0312), within(0.00023), within(0.0), within(1.534)
    ('3.1 %', '0.02 %', '0 %', '153 %')
    """
    return f"{round(100 * error, 2):.2g} %" if error < 0.1 else percent(error)


def shown_in(values: Iterable[float], unit: str) -> Scale:
    """The scale in which most of *values* read well."""
    return scale(float(np.median(list(values))), unit)


def number(value: float, unit: str) -> str:
    """*value* with its unit, or without where it has none."""
    return digits(value) if unit == "-" else quantity(value, unit)


def interval(low: float, high: float, unit: str) -> str:
    """An interval in the unit that reads best.

    >>> interval(0.00185, 0.00204, "s"), interval(1.0, 1.0, "-")
    ('1.850 to 2.040 ms', '1.00')
    """
    shown = scale(high, unit)
    if high - low <= 1e-9 * abs(high + low):
        return number(low, unit)
    return between(low * shown.factor, high * shown.factor, shown.unit)


def start(text: str) -> str:
    """*text* as the start of a line; names such as p99 stay as they are.

    >>> start("over HTTP"), start("p99 latency")
    ('Over HTTP', 'p99 latency')
    """
    return text if text[1:2].isdigit() else f"{text[:1].upper()}{text[1:]}"
