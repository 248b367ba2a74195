"""The story of an incident: what is shown, and the sentence that sums it up."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from dcplan.report import theme
from dcplan.report.facts import Facts, Lost, with_trips
from dcplan.report.figures.incident import incident_figure, window_s, with_before
from dcplan.results.store import frame

KNOWN = Facts(
    start=datetime(2025, 7, 15, 13),
    horizon_s=7200.0,
    throttles_from_c=32.0,
    shutdown_c=45.0,
    losses=(Lost("all chillers lost", 3600.0, 3660.0),),
)


def room(rise_k: list[float], missing_w: list[float], speed: list[float], store_j: float = 0.0) -> pd.DataFrame:
    """A look every five seconds from an hour on."""
    looks = {"replication": 0, "time_s": 3605.0 + 5.0 * np.arange(len(rise_k)), "inlet_c": 24.0 + np.array(rise_k)}
    looks |= {"rise_k": rise_k, "it_w": 3e4, "missing_w": missing_w, "store_j": store_j, "speed": speed}
    return frame("room", looks)


def endpoints(latency_s: list[float], dropped: list[int]) -> pd.DataFrame:
    """Steps of ten seconds, from ten minutes before the loss on; 100 requests in each."""
    count = len(latency_s)
    table = {"replication": 0, "endpoint": "web", "time_s": 3600.0 + 10.0 * (np.arange(count) - 2), "duration_s": 10.0}
    table |= {"arrived": 100, "served": 100 - np.array(dropped), "dropped": dropped, "within_slo": 0, "in_system": 0}
    served = 100 - np.array(dropped)
    return frame("endpoints", table | {"latency_s": served * np.array(latency_s), "wait_s": 0.0, "busy_s": 1.0})


def tails(latency_s: list[float]) -> pd.DataFrame:
    """The p99 of those steps, twice the mean."""
    table = {"replication": 0, "endpoint": "web", "time_s": 3600.0 + 10.0 * (np.arange(len(latency_s)) - 2)}
    return frame("tails", table | {"duration_s": 10.0, "latency_p99_s": 2.0 * np.array(latency_s)})


USUAL = endpoints([0.1] * 4, [0] * 4), tails([0.1] * 4)
FAILED = room([5.0, 10.0, 22.0, 0.0], [3e4, 3e4, 0.0, 0.0], [1.0, 0.8, 0.0, 1.0])


def test_the_finding_tells_cause_and_effect() -> None:
    figure = incident_figure(FAILED, endpoints([0.1, 0.1, 0.1, 0.3], [0, 0, 0, 50]), tails([0.1, 0.1, 0.1, 0.3]), KNOWN)
    assert theme.finding(figure) == (
        "The servers' air is 46.0 °C at most, 10.0 s after cooling fell short; servers slow down to 80 % for 5.00 s "
        "and are off for 5.00 s; p99 goes from 200 ms up to 600 ms and 50 % of the requests meanwhile get none"
    )


def test_what_is_left_of_the_plant_may_be_enough() -> None:
    figure = incident_figure(room([0.0] * 3, [0.0] * 3, [1.0] * 3), *USUAL, KNOWN)
    assert theme.finding(figure) == "The room stays as cool as it was: what is left of the plant removes all heat"


def test_air_that_a_store_keeps_cool_is_told() -> None:
    figure = incident_figure(room([0.0] * 3, [1e4] * 3, [1.0, 0.0, 1.0]), *USUAL, KNOWN)
    assert theme.finding(figure).startswith("The servers' air stays as cool as it was; servers are off for")


def test_users_who_notice_nothing_are_told_so() -> None:
    figure = incident_figure(room([1.0], [1e4], [1.0]), *USUAL, KNOWN)
    assert theme.finding(figure).endswith("servers keep their speed; users notice nothing")


def test_there_is_one_time_axis_and_a_panel_for_a_store_only_if_there_is_one() -> None:
    without = incident_figure(FAILED, *USUAL, KNOWN)
    stored = incident_figure(FAILED.assign(store_j=1e6), *USUAL, KNOWN)
    assert [len({trace.yaxis for trace in figure.data}) for figure in (without, stored)] == [6, 7]
    axes = [axis for axis in stored.layout if axis.startswith("xaxis")]
    assert {tuple(stored.layout[axis].range) for axis in axes} == {("2025-07-15 13:50:00", "2025-07-15 14:10:15")}


def test_before_the_first_look_all_is_as_usual() -> None:
    looks = with_before(FAILED)
    assert looks["inlet_c"].iloc[:2].to_list() == [24.0, 24.0]
    assert looks["missing_w"].iloc[:2].to_list() == [0.0, 0.0]
    assert looks["speed"].iloc[:2].to_list() == [1.0, 1.0]
    assert window_s(looks, KNOWN) == (3000.0, 3615.0 + 600.0)


def test_losses_and_limits_are_marked() -> None:
    figure = incident_figure(FAILED, *USUAL, KNOWN)
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["slower from here", "off", "all chillers lost"]


def test_the_tail_is_drawn_beside_the_mean() -> None:
    figure = incident_figure(FAILED, *USUAL, KNOWN)
    drawn = {
        trace.line.dash: trace
        for trace in figure.data
        if trace.name == "web" and trace.hovertemplate.startswith(("p99", "mean"))
    }
    assert np.allclose(drawn["solid"].y, 2.0 * np.array(drawn["dot"].y))


def test_what_tripped_is_marked_as_well() -> None:
    trips = frame(
        "trips", {"replication": [0, 1], "time_s": 3610.0, "breaker": "utility", "load": 1.2, "back_s": 3620.0}
    )
    figure = incident_figure(FAILED, *USUAL, with_trips(KNOWN, trips))
    assert [note.text for note in figure.layout.annotations][2:] == ["all chillers lost", "utility: breaker open"]
    assert with_trips(KNOWN, None) is KNOWN
