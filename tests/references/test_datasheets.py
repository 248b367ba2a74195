"""The hardware of `profiles/machine`, `storage` and `network`: every number is cited, and the numbers agree."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

PROFILES = Path(__file__).resolve().parents[2] / "profiles"
FAMILIES = ("machine", "storage", "network")
EVERY_SHEET = sorted(
    path.parent
    for family in FAMILIES
    for path in (PROFILES / family).glob("*/profile.yaml")
    if "\nkind: measured" not in path.read_text(encoding="utf-8")
)
"""Data sheets; the machines measured here, which stand beside them, are checked like all measured profiles."""
UNITS = {"FLOP/s", "B/s", "B", "W", "Hz", "s", "1/s", "1"}
VALUE_KEYS = {"value", "unit", "low", "high", "kind", "source", "note", "unverified"}

PEAKS = ("peak_fp32", "peak_tf32", "peak_bf16", "peak_fp16", "peak_int8")
NVIDIA = (
    "a100-sxm-80gb",
    "a100-pcie-80gb",
    "h100-sxm-80gb",
    "h100-pcie-80gb",
    "h200-sxm-141gb",
    "b200-sxm-180gb",
    "l4",
)
ACCELERATORS = (*NVIDIA, "mi300x")
CPUS = ("grace", "epyc-9654", "epyc-7763", "xeon-platinum-8480-plus", "xeon-platinum-8380")
MACHINE = {"memory_bandwidth", "tdp", "roofline_efficiency_compute", "roofline_efficiency_memory"}
ACCELERATOR = MACHINE | {*PEAKS, "memory_bytes", "pcie_bandwidth"}
CPU = MACHINE | {
    "cores", "base_clock", "boost_clock", "memory_channels", "flop_per_cycle_fp32", "peak_fp32",
    "last_level_cache_bytes",
}  # fmt: skip
STORAGE = {
    "capacity_bytes", "sequential_read", "sequential_write", "random_read", "random_write", "latency", "active", "idle",
    "endurance", "mtbf", "afr",
}  # fmt: skip
NETWORK = {"ports", "bandwidth", "aggregate_bandwidth", "latency"}

each_sheet = pytest.mark.parametrize("sheet", EVERY_SHEET, ids=lambda path: path.relative_to(PROFILES).as_posix())
each_accelerator = pytest.mark.parametrize("name", ACCELERATORS)
each_cpu = pytest.mark.parametrize("name", CPUS)
each_drive = pytest.mark.parametrize("name", sorted(path.name for path in EVERY_SHEET if path.parent.name == "storage"))
each_link = pytest.mark.parametrize("name", sorted(path.name for path in EVERY_SHEET if path.parent.name == "network"))


def load(sheet: Path) -> dict[str, Any]:
    head: dict[str, Any] = yaml.safe_load((sheet / "profile.yaml").read_text(encoding="utf-8"))
    return head


def numbers(family: str, name: str) -> dict[str, float]:
    return {key: entry["value"] for key, entry in load(PROFILES / family / name)["values"].items()}


# Every sheet


def test_the_machines_are_the_ones_tested_here() -> None:
    machines = {path.name for path in EVERY_SHEET if path.parent.name == "machine"}
    assert machines == {*ACCELERATORS, *CPUS}


@each_sheet
def test_a_sheet_is_a_datasheet_with_cited_numbers(sheet: Path) -> None:
    head = load(sheet)
    assert head["kind"] == "datasheet"
    assert head["licence"].startswith("facts")
    for name, entry in head["values"].items():
        assert not set(entry) - VALUE_KEYS, name
        assert isinstance(entry["value"], int | float), name
        assert not isinstance(entry["value"], bool), name
        assert entry["unit"] in UNITS, name
        assert math.isfinite(entry["value"]), name
        assert entry["value"] > 0, name
        assert len(entry.get("source", head["source"])) > 20, name


def test_what_an_accelerator_was_measured_to_do_at_most_is_below_its_data_sheet() -> None:
    values = load(PROFILES / "machine" / "h200-sxm-141gb")["values"]
    measured = {name: entry for name, entry in values.items() if entry.get("kind") == "measured"}
    assert {"gemm_fp32", "gemm_tf32", "gemm_bf16", "gemm_fp16", "memory_copy", "memory_triad"} <= set(measured)
    for name in ("fp32", "tf32", "bf16", "fp16"):
        assert 0.6 < values[f"gemm_{name}"]["value"] / values[f"peak_{name}"]["value"] < 1.0, name
    assert 0.8 < values["memory_triad"]["value"] / values["memory_bandwidth"]["value"] < 1.0


@each_sheet
def test_a_number_lies_in_its_range(sheet: Path) -> None:
    for name, entry in load(sheet)["values"].items():
        assert entry.get("low", entry["value"]) <= entry["value"] <= entry.get("high", entry["value"]), name


@each_sheet
def test_a_sheet_says_which_numbers_nobody_could_verify(sheet: Path) -> None:
    head = load(sheet)
    flags = {name: entry["unverified"] for name, entry in head["values"].items()}
    assert all(isinstance(flag, bool) for flag in flags.values())
    assert head.get("unverified", False) == any(flags.values())
    for name, entry in head["values"].items():
        source = entry.get("source", head["source"])
        if "not read itself" in source or source.endswith(("from memory", "no document")):
            assert entry["unverified"], name


@pytest.mark.parametrize(
    ("family", "names", "wanted"),
    [
        ("machine", ACCELERATORS, ACCELERATOR),
        ("machine", CPUS, CPU),
        ("storage", None, STORAGE),
        ("network", None, NETWORK),
    ],
    ids=["accelerators", "cpus", "storage", "network"],
)
def test_the_sheets_of_a_kind_share_their_names(family: str, names: tuple[str, ...] | None, wanted: set[str]) -> None:
    for name in names or [path.name for path in EVERY_SHEET if path.parent.name == family]:
        assert not wanted - set(numbers(family, name)), name


@pytest.mark.parametrize("name", [*ACCELERATORS, *CPUS])
def test_an_efficiency_is_a_share_with_a_range_and_a_source(name: str) -> None:
    values = load(PROFILES / "machine" / name)["values"]
    for key in ("roofline_efficiency_compute", "roofline_efficiency_memory"):
        assert 0 < values[key]["low"] < values[key]["value"] < values[key]["high"] < 1
        assert values[key]["kind"] == "literature"
        assert values[key]["source"]


# Accelerators


@pytest.mark.parametrize("name", NVIDIA)
def test_shorter_numbers_are_no_slower(name: str) -> None:
    machine = numbers("machine", name)
    assert machine["peak_bf16"] >= machine["peak_tf32"] >= machine["peak_fp32"]
    assert machine["peak_int8"] >= machine["peak_bf16"]


@each_accelerator
def test_the_peaks_are_dense_and_double_with_each_halving_of_the_width(name: str) -> None:
    """A rate with sparsity that was not halved would show as a factor of four."""
    machine = numbers("machine", name)
    assert machine["peak_fp16"] == machine["peak_bf16"]
    assert machine["peak_bf16"] / machine["peak_tf32"] == pytest.approx(2, rel=0.03)
    assert machine["peak_int8"] / machine["peak_bf16"] == pytest.approx(2, rel=0.01)
    assert machine.get("peak_fp8", machine["peak_int8"]) == machine["peak_int8"]


@each_accelerator
def test_the_balance_of_an_accelerator_is_plausible(name: str) -> None:
    machine = numbers("machine", name)
    assert 100 < machine["peak_bf16"] / machine["memory_bandwidth"] < 500  # FLOP/B at the ridge of the roofline
    assert 0.01 < machine["memory_bytes"] / machine["memory_bandwidth"] < 0.1  # s to read the whole memory once
    assert 0.5e12 < machine["peak_bf16"] / machine["tdp"] < 3e12  # FLOP/J
    assert machine["pcie_bandwidth"] < machine["memory_bandwidth"]
    assert machine.get("idle", 0) < machine["tdp"] / 4


@pytest.mark.parametrize(
    ("name", "units", "per_clock", "clock_hz"),
    [
        ("a100-sxm-80gb", 108, 2048, 1.41e9),
        ("h100-sxm-80gb", 132, 4096, 1.83e9),
        ("mi300x", 304, 2048, 2.1e9),
        ("l4", 58, 1024, 2.04e9),
    ],
)
def test_the_peak_is_that_of_the_units_at_boost(name: str, units: int, per_clock: int, clock_hz: float) -> None:
    assert numbers("machine", name)["peak_bf16"] == pytest.approx(units * per_clock * clock_hz, rel=0.005)


def test_a_module_is_no_slower_than_the_card() -> None:
    for module, card in [("a100-sxm-80gb", "a100-pcie-80gb"), ("h100-sxm-80gb", "h100-pcie-80gb")]:
        fast, slow = numbers("machine", module), numbers("machine", card)
        for key in (*PEAKS, "memory_bandwidth", "tdp", "interconnect_bandwidth", "pcie_bandwidth"):
            assert fast[key] >= slow[key], key


def test_the_h200_is_the_h100_with_other_memory() -> None:
    h100, h200 = numbers("machine", "h100-sxm-80gb"), numbers("machine", "h200-sxm-141gb")
    assert all(h100[key] == h200[key] for key in (*PEAKS, "peak_fp8", "tdp", "interconnect_bandwidth"))
    assert h200["memory_bandwidth"] > h100["memory_bandwidth"]


@pytest.mark.parametrize(
    ("name", "link"), [("h100-sxm-80gb", "nvlink-4"), ("h200-sxm-141gb", "nvlink-4"), ("b200-sxm-180gb", "nvlink-5")]
)
def test_the_link_of_a_gpu_is_that_of_its_generation(name: str, link: str) -> None:
    assert numbers("machine", name)["interconnect_bandwidth"] == numbers("network", link)["aggregate_bandwidth"]


# CPUs


@each_cpu
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_peak_of_a_cpu_is_cores_times_operations_times_base_clock(name: str, precision: str) -> None:
    cpu = numbers("machine", name)
    assert (f"peak_{precision}" in cpu) == (f"flop_per_cycle_{precision}" in cpu)
    if f"peak_{precision}" in cpu:
        peak = cpu["cores"] * cpu[f"flop_per_cycle_{precision}"] * cpu["base_clock"]
        assert cpu[f"peak_{precision}"] == pytest.approx(peak, rel=1e-9)


@each_cpu
def test_the_balance_of_a_cpu_is_plausible(name: str) -> None:
    cpu = numbers("machine", name)
    assert cpu["base_clock"] < cpu["boost_clock"] < 4e9
    assert 2 < cpu["tdp"] / cpu["cores"] < 10
    assert 5 < cpu["peak_fp32"] / cpu["memory_bandwidth"] < 40
    assert cpu.get("peak_bf16", cpu["peak_fp32"]) >= cpu["peak_fp32"]
    assert 1e6 < cpu["last_level_cache_bytes"] / cpu["cores"] < 8e6


@pytest.mark.parametrize(
    ("name", "transfers_per_s"),
    [
        ("epyc-9654", 4.8e9), ("epyc-7763", 3.2e9), ("xeon-platinum-8480-plus", 4.8e9), ("xeon-platinum-8380", 3.2e9)
    ],
)  # fmt: skip
def test_the_memory_bandwidth_is_that_of_the_channels(name: str, transfers_per_s: float) -> None:
    cpu = numbers("machine", name)
    assert cpu["memory_bandwidth"] == pytest.approx(cpu["memory_channels"] * transfers_per_s * 8)


# Storage, network


@each_drive
def test_a_drive_is_consistent(name: str) -> None:
    drive = numbers("storage", name)
    assert drive["afr"] == pytest.approx(1 - math.exp(-8760 * 3600 / drive["mtbf"]), rel=0.01)
    assert drive["sequential_write"] <= drive["sequential_read"]
    assert drive["random_read"] * 4096 <= 1.01 * drive["sequential_read"]
    assert drive["random_write"] * 4096 <= drive["sequential_write"]
    assert drive["idle"] < drive["active"]
    assert 50 < drive["endurance"] / drive["capacity_bytes"] < 12_000
    assert 60 < drive["capacity_bytes"] / drive["sequential_write"] < 86_400  # s to fill it


def test_each_class_of_drive_is_faster_than_the_one_below() -> None:
    classes = ("hdd-nearline", "sata-ssd-enterprise", "nvme-pcie4-enterprise", "nvme-pcie5-enterprise")
    drives = [numbers("storage", name) for name in classes]
    for slow, fast in itertools.pairwise(drives):
        assert all(
            fast[key] > slow[key] for key in ("sequential_read", "sequential_write", "random_read", "random_write")
        )
        assert fast["latency"] < slow["latency"]


@pytest.mark.parametrize(
    ("name", "interface"),
    [("sata-ssd-enterprise", 0.6e9), ("nvme-pcie4-enterprise", 7.88e9), ("nvme-pcie5-enterprise", 15.75e9)],
)
def test_a_drive_is_no_faster_than_its_interface(name: str, interface: float) -> None:
    assert numbers("storage", name)["sequential_read"] < interface


@each_link
def test_the_bandwidth_of_a_device_is_that_of_its_ports(name: str) -> None:
    device = numbers("network", name)
    assert device["aggregate_bandwidth"] == pytest.approx(device["ports"] * device["bandwidth"])
    assert 50e-9 < device["latency"] < 10e-6
    assert device.get("efficiency", 0.5) < 1


@pytest.mark.parametrize(
    ("name", "interface"),
    [("nic-25gbe", 16e9), ("nic-100gbe", 32e9), ("nic-200g-hdr", 32e9), ("nic-400g-ndr", 64e9)],
)
def test_the_ports_of_a_network_card_fit_its_pcie_link(name: str, interface: float) -> None:
    assert numbers("network", name)["aggregate_bandwidth"] < interface


def test_a_switch_moves_a_bit_for_a_few_dozen_picojoules() -> None:
    for name in ("switch-quantum-2", "switch-spectrum-4"):
        switch = numbers("network", name)
        assert 10e-12 < switch["power"] / (8 * switch["aggregate_bandwidth"]) < 60e-12
