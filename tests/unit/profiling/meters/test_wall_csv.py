"""Files of meters at the wall, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.errors import InputError
from dcplan.profiling.meters.wall_csv import read, read_columns


def file(folder: Path, text: str) -> Path:
    path = folder / "wall.csv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("header", "kind", "factor"),
    [
        ("epoch_s,power_w", "power", 1),
        ("Time,Power [W]", "power", 1),
        ("timestamp,Watts", "power", 1),
        ("time,power (kW)", "power", 1000),
        ("time,energy_kWh", "energy", 3.6e6),
        ("time,Wh", "energy", 3600),
        ("time,energy_j", "energy", 1),
        ("time,outlet,power_w,volts", "power", 1),
    ],
)
def test_columns_are_known_by_names_that_carry_a_unit(tmp_path: Path, header: str, kind: str, factor: float) -> None:
    columns = read_columns(file(tmp_path, f"{header}\n"))
    assert (columns.kind, columns.factor) == (kind, factor)


@pytest.mark.parametrize("header", ["", "time,power", "power_w", "time,epoch_s,power_w", "time,power_w,energy_j"])
def test_a_header_that_leaves_a_doubt_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(InputError, match=r"wall.csv:1: needs one time column.*; name the columns"):
        read_columns(file(tmp_path, f"{header}\n"))


def test_values_are_read_in_si_units(tmp_path: Path) -> None:
    record = read(file(tmp_path, "time_s,power_kw\n10,0.5\n11.5,0.625\n"))
    assert record.times_s.tolist() == [10, 11.5]
    assert record.values.tolist() == [500, 625]
    assert record.quantum == pytest.approx(1)


def test_iso_times_with_any_zone_are_the_same_instant(tmp_path: Path) -> None:
    rows = "1970-01-01T00:00:10Z,1\n1970-01-01T02:00:11+02:00,1\n1970-01-01 00:00:12.5+00:00,1\n"
    assert read(file(tmp_path, f"time,power_w\n{rows}")).times_s.tolist() == [10, 11, 12.5]


def test_rows_without_a_value_are_left_out(tmp_path: Path) -> None:
    assert read(file(tmp_path, "time,power_w\r\n1,5\r\n2,\r\n\r\n3,6\r\n")).times_s.tolist() == [1, 3]


def test_a_last_row_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    assert read(file(tmp_path, "time,power_w\n1,5\n2,6\n3")).times_s.tolist() == [1, 2]
    assert read(file(tmp_path, "time,power_w\n1,5\n2,6\n3,7")).times_s.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("3", "wall.csv:3: 1 columns, fewer than"),
        ("3,lots", "wall.csv:3: power_w is 'lots', not a number >= 0"),
        ("3,-1", "wall.csv:3: power_w is '-1'"),
        ("3,nan", "wall.csv:3: power_w is 'nan'"),
        ("3,1_0", "wall.csv:3: power_w is '1_0'"),
        ("noon,5", "wall.csv:3: time 'noon' is neither"),
        ("2030-01-31T12:00:00,5", "wall.csv:3: time '2030-01-31T12:00:00' has no zone; append Z"),
        ("1900000000000,5", "wall.csv:3: time 1900000000000 is too large for seconds; divide milliseconds"),
        ("1,5", "wall.csv:3: time does not ascend; sort"),
        ("0,5", "wall.csv:3: time does not ascend; sort"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read(file(tmp_path, f"time,power_w\n1,5\n{row}\n4,5\n"))
    assert message in str(error.value)


def test_a_last_row_that_is_finished_and_bad_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"wall.csv:4: 1 columns"):
        read(file(tmp_path, "time,power_w\n1,5\n2,6\n3\n"))


def test_a_mark_of_the_byte_order_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert read_columns(file(tmp_path, "\ufeffpower_w,time\n")).name == "power_w"


def test_lines_are_counted_past_empty_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"wall.csv:5: time does not ascend"):
        read(file(tmp_path, "time,power_w\n1,5\n\n2,\n1,5\n"))


def test_one_reading_is_no_energy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 readings; an energy needs two"):
        read(file(tmp_path, "time,power_w\n1,5\n"))


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "wall.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"wall.csv: cannot be read: .*; give the CSV"):
        read(path)
