from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.errors import ScenarioError
from dcplan.profiles.library import Library


def test_a_synthetic_service_is_its_mean_times_the_draw(plan_of: Callable[..., Plan]) -> None:
    rules = plan_of(tiny.SYNTHETIC, "endpoints.web.batching.max_batch=3").endpoints["web"].rules
    assert rules.service_s.shape == (4, 2)
    assert rules.service_s[1:].tolist() == [[0.0, 0.02]] * 3


def test_a_measured_service_is_its_table(plan_of: Callable[..., Plan]) -> None:
    rules = plan_of(tiny.MEASURED).endpoints["web"].rules
    means_s = np.trapezoid(rules.service_s, np.linspace(0, 1, rules.service_s.shape[1]), axis=1)
    assert means_s[1:] == pytest.approx([0.010, 0.012, 0.016, 0.020])


def test_a_request_may_carry_several_samples(plan_of: Callable[..., Plan]) -> None:
    rules = plan_of(tiny.MEASURED, "endpoints.web.samples_per_request=4").endpoints["web"].rules
    means_s = np.trapezoid(rules.service_s, np.linspace(0, 1, rules.service_s.shape[1]), axis=1)
    assert means_s[1:] == pytest.approx([0.020, 0.032, 0.032 + 0.020, 0.064])


def test_a_training_job_is_whole_steps_of_the_recipe_s_batch(plan_of: Callable[..., Plan]) -> None:
    assert plan_of(tiny.MEASURED).queues["nightly"].work_s == pytest.approx(2 * 625 * 0.08)


def test_a_training_batch_of_one_s_own_is_used(plan_of: Callable[..., Plan]) -> None:
    assert plan_of(tiny.MEASURED, "training.nightly.batch=32").queues["nightly"].work_s == pytest.approx(
        2 * 1250 * 0.05
    )


def test_submissions_follow_the_clock_of_the_place(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.WHOLE, "training.nightly.every=day at 04:00", "start=2025-03-09", "horizon=2 days")
    assert plan.queues["nightly"].submissions_s == (3 * 3600.0, 27 * 3600.0)


def test_without_a_place_the_clock_is_utc(plan_of: Callable[..., Plan]) -> None:
    assert plan_of(tiny.MEASURED).clock.zone == "UTC"


def test_slots_are_those_of_all_servers(plan_of: Callable[..., Plan]) -> None:
    assert plan_of(tiny.MEASURED).groups["node"].slots == 12
    plan_of(tiny.MEASURED, "endpoints.web.replicas=10")
    with pytest.raises(ScenarioError, match=r"11 \(web\) \+ 2 \(nightly\) slots are needed, but 3 servers hold 12"):
        plan_of(tiny.MEASURED, "endpoints.web.replicas=11")


def test_the_wall_clock_and_weather_are_on_the_grid_of_the_counted_intervals(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.WHOLE, "start=2025-07-05 22:00", "horizon=4 h", "step=1 h", "warm_up=1 h")
    assert plan.site is not None
    assert plan.site.wall.hour.tolist() == [23, 0, 1]
    assert plan.site.wall.weekday.tolist() == [5, 6, 6]
    assert plan.site.wall.month.tolist() == [7, 7, 7]
    assert plan.site.weather.dry_bulb_c.tolist() == [20.0] * 3


def test_prices_and_carbon_come_from_their_profiles(plan_of: Callable[..., Plan]) -> None:
    site = plan_of(tiny.WHOLE).site
    assert site is not None
    assert site.carbon.grid.kg_per_kwh == 0.25
    assert site.prices.server_usd == {"cpu_server_usd": 5000.0}
    assert (site.prices.facility_usd_per_w, site.prices.discount_rate) == (10.0, 0.0)


def test_a_server_costs_what_its_profile_points_at(tmp_path: Path) -> None:
    root = tiny.write_library(tmp_path / "profiles")
    header = root / "power" / "tiny-server" / "profile.yaml"
    header.write_text(header.read_text() + "  price: big_server_usd\n")
    with pytest.raises(ScenarioError, match="cost profile 'flat-prices' lacks 'big_server_usd'"):
        tiny.planned(tiny.WHOLE, tmp_path, tiny.library(root))
    prices = {name: {"value": value, "unit": "1"} for name, value in {**tiny.PRICES, "big_server_usd": 9000.0}.items()}
    tiny.write_header(root / "cost" / "flat-prices", values=prices)
    plan = tiny.planned(tiny.WHOLE, tmp_path, tiny.library(root))
    assert plan.site is not None
    assert plan.site.prices.server_usd == {"big_server_usd": 9000.0}
    named = [row["name"] for row in plan.assumptions]
    assert "flat-prices: big server usd" in named
    assert "flat-prices: cpu server usd" not in named


def test_a_shape_of_the_library_is_scaled_to_the_mean(plan_of: Callable[..., Plan]) -> None:
    recorded = plan_of(tiny.SYNTHETIC, "endpoints.web.demand={kind: trace, shape: two-level, mean: 6 /s}").endpoints
    rate = recorded["web"].recorded.rate  # type: ignore[union-attr]
    assert rate is not None
    assert rate.rate_per_s.tolist() == [3.0]


def test_a_trace_is_read_beside_the_scenario(plan_of: Callable[..., Plan], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("time_s\n1\n9000\n")
    plan = plan_of(tiny.SYNTHETIC, "endpoints.web.demand={kind: trace, file: t.csv}")
    assert plan.endpoints["web"].recorded.stamps_s.tolist() == [1.0, 9000.0]  # type: ignore[union-attr]


def test_the_fingerprint_changes_with_everything_that_is_read(tmp_path: Path) -> None:
    root = tiny.write_library(tmp_path / "profiles")
    demand = ("endpoints.web.demand={kind: trace, file: t.csv}",)

    def fingerprint() -> str:
        return tiny.planned(tiny.WHOLE, tmp_path, tiny.library(root), demand).fingerprint

    (tmp_path / "t.csv").write_text("time_s\n9000\n")
    before = fingerprint()
    assert fingerprint() == before
    (tmp_path / "t.csv").write_text("time_s\n9001\n")
    after = fingerprint()
    tiny.write_header(root / "carbon" / "flat-grid", values={"kg_per_kwh": {"value": 0.3}})
    assert len({before, after, fingerprint()}) == 3


@pytest.mark.parametrize(
    ("family", "name", "values", "said"),
    [
        ("carbon", "flat-grid", {}, "carbon profile 'flat-grid' lacks 'kg_per_kwh'"),
        ("carbon", "flat-grid", {"kg_per_kwh": {"value": -1}}, "kg_per_kwh is -1"),
        ("carbon", "flat-grid", {"kg_per_kwh": {"value": float("nan")}}, "kg_per_kwh is nan"),
        ("carbon", "flat-grid", {"kg_per_kwh": 5}, "carbon profile 'flat-grid' lacks"),
        ("cost", "flat-prices", {"server_usd": {"value": 5}}, "cost profile 'flat-prices' lacks 'facility_usd_per_w'"),
        ("cost", "flat-prices", {"server_usd": 5}, "cost profile 'flat-prices' lacks"),
        ("tariff", "flat-tariff", {}, "is not a tariff: 'energy'"),
        ("power", "tiny-server", {}, "power profile 'tiny-server' is not a kind of server"),
    ],
)
def test_a_profile_of_something_else_is_a_problem_of_the_scenario(
    family: str, name: str, values: dict[str, object], said: str, tmp_path: Path
) -> None:
    root = tiny.write_library(tmp_path / "profiles")
    tiny.write_header(root / family / name, values=values)
    with pytest.raises(ScenarioError, match=said):
        tiny.planned(tiny.WHOLE, tmp_path, tiny.library(root))


@pytest.mark.parametrize("zone", ["Mars/Olympus", None, 5])
def test_a_place_without_a_time_zone_is_a_problem_of_the_scenario(zone: object, tmp_path: Path) -> None:
    root = tiny.write_library(tmp_path / "profiles")
    tiny.write_weather(root / "weather" / "flatland", tz=zone)
    with pytest.raises(ScenarioError, match=r"site.place: weather profile 'flatland': tz: '.*' is no time zone"):
        tiny.planned(tiny.WHOLE, tmp_path, tiny.library(root))


def test_a_weather_file_beside_the_scenario_is_the_place_and_its_gaps_are_assumptions(tmp_path: Path) -> None:
    (tmp_path / "hot.csv").write_text("dry_bulb_c,relative_humidity\n" + "31.0,0.4\n" * 8760)
    place = "{file: hot.csv, utc_offset: 1 h, altitude: 500 m, time_zone: Europe/Berlin}"
    text = tiny.WHOLE.replace("place: flatland", f"place: {place}")
    library = tiny.library(tiny.write_library(tmp_path / "profiles"))
    plan = tiny.planned(text, tmp_path, library)
    assert plan.site is not None
    assert set(plan.site.weather.dry_bulb_c) == {31.0}
    np.testing.assert_allclose(plan.site.weather.relative_humidity, 0.4, rtol=1e-6)
    assert plan.clock.zone == "Europe/Berlin"
    rows = {row["name"]: row["source"] for row in plan.assumptions}
    assert rows["weather"] == "the user's file hot.csv"
    assert "standard atmosphere at 500 m" in rows["weather: pressure"]
    (tmp_path / "hot.csv").write_text("dry_bulb_c,relative_humidity\n" + "32.0,0.4\n" * 8760)
    assert tiny.planned(text, tmp_path, library).fingerprint != plan.fingerprint


def test_assumptions_name_the_source_of_everything_that_is_used(plan_of: Callable[..., Plan], library: Library) -> None:
    rows = plan_of(tiny.WHOLE).assumptions
    names = {row["name"] for row in rows}
    for family, name in library.loaded:
        assert any(f"{family}: {name}" == label or label.startswith(f"{name}: ") for label in names), (family, name)
    assert all(row["source"] for row in rows)
