"""The page of a measured profile as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from plotly.offline import get_plotlyjs

import measured
from dcplan.errors import InputError
from dcplan.profiles.library import shipped
from dcplan.report.profile.data import read
from dcplan.report.profile.page import render, write_profile_page

NASTY = "<script>alert(1)</script>"


def profile(root: Path, **settings: Any) -> Path:
    return measured.write_profile(root / "compute" / "abacus" / "net", **settings)


def text(folder: Path) -> str:
    return render(read(folder)).replace(get_plotlyjs(), "")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile that no test changes."""
    return profile(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def whole(plain: Path) -> str:
    """Its page, drawn once for all tests."""
    return render(read(plain))


@pytest.fixture(scope="module")
def page(whole: str) -> str:
    """What is on it beside Plotly."""
    return whole.replace(get_plotlyjs(), "")


def headings(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", page)


def test_it_is_written_where_it_is_asked_for_and_the_same_profile_gives_the_same_bytes(
    plain: Path, whole: str, tmp_path: Path
) -> None:
    assert write_profile_page(plain, tmp_path / "new" / "page.html") == tmp_path / "new" / "page.html"
    path = write_profile_page(plain, tmp_path / "pages")
    assert path == tmp_path / "pages" / "profile.html"
    assert path.read_text(encoding="utf-8") == whole
    assert whole.startswith("<!DOCTYPE html>\n<html lang=")


def test_sections_follow_the_order_of_the_questions(tmp_path: Path) -> None:
    assert headings(text(profile(tmp_path, source="rapl", accuracy=True))) == [
        "Headline numbers",
        "Before you trust these numbers",
        "Inference",
        "Training step",
        "After a pause",
        "Energy",
        "Limits of the machine",
        "Was it steady?",
        "Training to accuracy",
        "All points",
        "In MLPerf's words",
        "How this was measured",
    ]


def test_every_point_is_in_the_table_with_its_reason(plain: Path, page: str) -> None:
    assert page.count("<td data-label='Point'>") == len(read(plain).points)
    assert "interval ±27.8&nbsp;% of the mean" in page
    assert "<span class='word UNSTABLE'>UNSTABLE</span>" in page


def test_without_a_meter_the_page_says_so(page: str) -> None:
    assert "Energy is not known (source of power: no meter)" in page
    assert "takes least processor time" in page


def test_modelled_energy_is_never_called_measured(tmp_path: Path) -> None:
    page = text(profile(tmp_path, source="model"))
    assert "Energy is modelled from processor time, not measured" in page
    assert "Energy/sample (modelled)" in page
    assert "<h2>Energy</h2>" not in page


def test_device_time_has_a_column_on_the_page_of_an_accelerator(page: str, tmp_path: Path) -> None:
    assert "On the device" not in page
    folder = profile(tmp_path)
    measured.change(folder, "infer.csv", device_mean_s=0.000123)
    assert "<td data-label='On the device' class='number'>123 µs</td>" in text(folder)


def test_provenance_has_the_hash_and_the_conditions(plain: Path, page: str) -> None:
    assert read(plain).profile.digest in page
    assert "<code>torch</code></th><td>2.13.0+cpu</td>" in page


def test_nothing_that_a_user_wrote_is_markup(tmp_path: Path) -> None:
    folder = profile(tmp_path, workload=NASTY, description=NASTY, sku=NASTY, sample=NASTY, software={"torch": NASTY})
    measured.change(folder, "infer.csv", verdict=f"UNSTABLE: {NASTY}", precision=NASTY)
    assert NASTY not in text(folder)


def test_an_older_profile_has_a_page_too() -> None:
    page = text(shipped("profiles") / "compute" / "epyc-2-vcpu" / "cnn-cifar10")
    assert "<h2>Inference</h2>" in page


def test_another_family_is_refused() -> None:
    with pytest.raises(InputError, match="holds no measured times; name the folder of a compute profile"):
        read(shipped("profiles") / "cost" / "us-2025")
