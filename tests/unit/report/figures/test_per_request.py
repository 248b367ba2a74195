from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.figures.per_request import BINS, binned, by_load, per_request_figure
from dcplan.results.store import frame

HOUR_S = 3600.0


def tables(served: list[int], idle_w: float = 100.0, of_each_j: float = 2.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hours with so many answers, each of which takes *of_each_j* beside what the servers draw at rest."""
    counts = np.array(served)
    key = {"replication": 0, "time_s": HOUR_S * np.arange(len(counts)), "duration_s": HOUR_S}
    steps = {"endpoint": "e", "arrived": counts, "served": counts, "dropped": 0, "within_slo": counts, "in_system": 0}
    sums = {"latency_s": 0.0, "wait_s": 0.0, "busy_s": 0.0}
    owned = {"owner": "endpoint e", "reserved_slot_s": HOUR_S, "off_slot_s": 0.0, "idle_j": idle_w * HOUR_S}
    return frame("endpoints", key | steps | sums), frame("attribution", key | owned | {"active_j": of_each_j * counts})


def test_few_requests_carry_all_that_is_drawn_at_rest() -> None:
    found = by_load(*tables([0, 3600, 36_000]))
    whole_j = (found["idle_j"] + found["active_j"]) / found["served"]
    assert found["rate_per_s"].to_list() == [1.0, 10.0]
    assert whole_j.to_list() == [102.0, 12.0]


def test_the_finding_says_what_quiet_hours_cost() -> None:
    figure = per_request_figure("e", *tables([3600, *[7200] * 8, 36_000]))
    assert figure is not None
    assert theme.finding(figure) == (
        "A request to e takes 39.0 J on average: 102 J when 1.00 come per second, 12.0 J when 10.0 do; "
        "95 % of all is drawn at rest"
    )
    lines = {trace.name: trace for trace in figure.data if trace.mode == "lines+markers"}
    assert lines["work"].y.tolist() == pytest.approx([2.0] * 3)
    assert lines["work and rest"].y.tolist() == pytest.approx([102.0, 52.0, 12.0])


def test_medians_are_those_of_each_bin() -> None:
    rate = np.geomspace(1.0, 100.0, 1001)
    rates, (values,) = binned(rate, (3.0 * rate,))
    assert len(rates) == BINS
    assert values == pytest.approx(3.0 * rates)
    assert (np.diff(rates) > 0).all()


@pytest.mark.parametrize("served", [[0, 0], [7200, 7300, 7200, 7100], [0, 7200]])
def test_without_a_change_of_load_there_is_no_figure(served: list[int]) -> None:
    assert per_request_figure("e", *tables(served)) is None


def test_where_nothing_is_drawn_there_is_no_figure() -> None:
    assert per_request_figure("e", *tables([3600, 36_000], idle_w=0.0, of_each_j=0.0)) is None
