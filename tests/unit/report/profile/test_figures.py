"""Figures of a measured profile: what they draw, what they leave out, and what they say."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

import measured
from dcplan.profiles.library import Library
from dcplan.report import theme
from dcplan.report.profile.course import accuracy_figure, drift_figure
from dcplan.report.profile.data import Measured, read
from dcplan.report.profile.energy import energy_figure
from dcplan.report.profile.limits import ceilings, roofline_figure, with_intensity
from dcplan.report.profile.marks import lines, log_ticks, shade
from dcplan.report.profile.speed import cpu_figure, latency_figure, pauses_figure, throughput_figure


def known(root: Path, name: str = "net", **settings: Any) -> Measured:
    return read(measured.write_profile(root / "compute" / "abacus" / name, **settings))


def legend(figure: go.Figure) -> list[str]:
    return [trace.name for trace in figure.data if trace.name and trace.showlegend is not False]


def test_invalid_points_are_hollow_and_not_joined(tmp_path: Path) -> None:
    profile = known(tmp_path, tasks={"infer": (1, 2, 4, 8, 16, 32, 64, 128, 256)})
    figure = latency_figure(profile, "infer")
    (hollow,) = [trace for trace in figure.data if trace.marker.symbol == "circle-open" and trace.x[0] is not None]
    assert hollow.mode == "markers"
    assert list(hollow.x) == [256]
    mean = next(trace for trace in figure.data if trace.name == "Mean")
    assert list(mean.x) == [1, 2, 4, 8, 16, 32, 64, 128]
    assert "INVALID: do not use" in legend(figure)


def test_axes_are_logarithmic_with_units(tmp_path: Path) -> None:
    figure = latency_figure(known(tmp_path), "infer")
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert "1 ms" in figure.layout.yaxis.ticktext
    assert theme.finding(figure) == "Inference: a call takes 460 µs with batch 1 and 41.3 ms with batch 256"


def test_a_single_line_has_percentiles_of_its_own(tmp_path: Path) -> None:
    assert legend(latency_figure(known(tmp_path), "infer"))[:1] == ["Mean"]
    assert {"p50", "p99"} <= set(legend(latency_figure(known(tmp_path), "infer")))


def test_ways_and_tokens_are_lines_with_names(tmp_path: Path) -> None:
    ways = known(tmp_path, "a", variants=({}, {"precision": "int8"}, {"streams": 4}, {"compiled": 1}))
    labels = [line.label for line in lines(ways.of("infer"))]
    assert labels == [
        "fp32, not compiled, 1 stream",
        "int8, not compiled, 1 stream",
        "fp32, not compiled, 4 streams",
        "fp32, compiled, 1 stream",
    ]
    tokens = known(tmp_path, "b", tasks={"prefill": (1, 2)}, axes={"prefill": [(32, 0), (128, 0), (512, 0)]})
    drawn = lines(tokens.of("prefill"))
    assert [line.label for line in drawn] == ["32 tokens", "128 tokens", "512 tokens"]
    assert [line.colour for line in drawn] == [shade(place, 3) for place in range(3)]
    assert "Shades tell tokens or context apart." in theme.caption(latency_figure(tokens, "prefill"))


def test_the_way_of_a_finding_is_said_where_there_are_several(tmp_path: Path) -> None:
    ways = known(tmp_path, variants=({}, {"precision": "int8"}))
    assert theme.finding(throughput_figure(ways, "infer")).endswith("samples per second (fp32)")


def test_pauses_are_drawn_against_back_to_back(tmp_path: Path) -> None:
    figure = pauses_figure(known(tmp_path))
    assert figure is not None
    assert list(figure.layout.xaxis.categoryarray) == ["none", "1 ms", "5 ms", "20 ms", "100 ms"]
    assert figure.data[0].y[0] == 1.0
    assert theme.finding(figure) == "After a pause of 100 ms, a call with batch 1 takes 2.73 times as long"
    assert pauses_figure(known(tmp_path, "b", tasks={"train": (1, 2)})) is None


def test_energy_is_drawn_only_if_a_meter_read_it(tmp_path: Path) -> None:
    assert energy_figure(known(tmp_path, "a"), "infer") is None
    assert energy_figure(known(tmp_path, "b", source="model"), "infer") is None
    figure = energy_figure(known(tmp_path, "c", source="wall"), "infer")
    assert figure is not None
    assert "a wall meter" in theme.caption(figure)


def test_processor_time_is_drawn_per_task(tmp_path: Path) -> None:
    figure = cpu_figure(known(tmp_path), "train")
    assert figure is not None
    assert theme.finding(figure).startswith("Training step takes least processor time with batch 128")


def test_intensity_is_operations_over_bytes_moved(tmp_path: Path) -> None:
    rows = with_intensity(known(tmp_path))
    row = rows[rows["batch"] == 16].iloc[0]
    assert row["intensity"] == pytest.approx(16 * measured.FLOP / (490_280 + 16 * 735_568), rel=1e-12)


def test_the_roofline_has_ceilings_if_the_machine_is_known(tmp_path: Path) -> None:
    profile = known(tmp_path)
    without = roofline_figure(profile, None)
    assert without is not None
    assert "The ceilings of this machine are not known" in theme.caption(without)
    values = {"peak_fp32": {"value": 2e11, "unit": "FLOP/s"}, "memory_bandwidth": {"value": 4e10, "unit": "B/s"}}
    machine = tmp_path / "machine" / "abacus"
    machine.mkdir(parents=True)
    measured_like = {"kind": "datasheet", "source": "x", "year": 2026, "licence": "x", "values": values}
    (machine / "profile.yaml").write_text(str(measured_like))
    figure = roofline_figure(profile, ceilings(Library([tmp_path]), "abacus"))
    assert figure is not None
    assert legend(figure)[0] == "ceiling, fp32"
    assert max(figure.data[0].y) == pytest.approx(2e11, rel=1e-6)
    assert theme.finding(figure).endswith("of the ceiling there")


def test_a_machine_profile_without_ceilings_is_none(tmp_path: Path) -> None:
    assert ceilings(Library([tmp_path]), "abacus") is None
    machine = tmp_path / "machine" / "abacus"
    machine.mkdir(parents=True)
    header = {"kind": "measured", "source": "x", "year": 2026, "licence": "x", "values": {"gemm_fp32": {"value": 1.0}}}
    (machine / "profile.yaml").write_text(str(header))
    assert ceilings(Library([tmp_path]), "abacus") is None


def test_without_the_work_of_a_sample_there_is_no_roofline(tmp_path: Path) -> None:
    assert roofline_figure(known(tmp_path, work={}), None) is None
    decode = known(tmp_path, "b", tasks={"decode": (1, 2)}, axes={"decode": [(0, 128)]})
    assert roofline_figure(decode, None) is None


def test_disturbed_windows_are_marked(tmp_path: Path) -> None:
    figure = drift_figure(known(tmp_path))
    assert figure is not None
    assert "Disturbed by other processes" in legend(figure)
    (disturbed,) = [trace for trace in figure.data if trace.marker.symbol == "x"]
    assert len(disturbed.x) == 15
    assert "windows were disturbed" in theme.finding(figure)


def test_accuracy_is_drawn_if_the_header_says_so(tmp_path: Path) -> None:
    figure = accuracy_figure(known(tmp_path, accuracy=True))
    assert figure is not None
    assert theme.finding(figure) == ("Training reaches 70.0 % after 2.45 min; on images kept for the test, 69.0 %")
    assert legend(figure) == ["Folds of the cross-validation", "Validation accuracy"]
    assert "Trained on shapes, which are no real photographs." in theme.caption(figure)
    assert accuracy_figure(known(tmp_path, "b")) is None


@pytest.mark.parametrize(("low", "high"), [(1e-6, 1e4), (0.3, 0.9), (1.0, 1.5), (5e-4, 0.08), (1e9, 3e14)])
def test_ticks_are_few_round_and_inside(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 12
    assert all(low <= tick <= high for tick in ticks)
    assert all(f"{tick:.0e}" == f"{tick:.0e}" and math.isclose(float(f"{tick:.1g}"), tick) for tick in ticks)


def test_a_profile_without_a_usable_point_is_drawn_too(tmp_path: Path) -> None:
    folder = measured.write_profile(tmp_path / "compute" / "abacus" / "net", tasks={"train": (8,)}, source="rapl")
    measured.change(folder, "train.csv", verdict="INVALID: too few calls")
    profile = read(folder)
    for figure in (latency_figure(profile, "train"), throughput_figure(profile, "train"), cpu_figure(profile, "train")):
        assert figure is not None
        assert theme.finding(figure).startswith("Training step: no ")
    energy = energy_figure(profile, "train")
    assert energy is not None
    assert "no metered point is usable" in theme.finding(energy)
