"""Images are read from both layouts of CIFAR-10, cleaned with a count, and split fairly."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcplan.errors import InputError
from dcplan.profiling import images as module
from dcplan.profiling.images import BATCHES, Images, Raw, clean, folds, load_images, made_up, split, synthetic

EACH = 20
"""Images in a batch of the little CIFAR-10 that these tests write."""


def batches() -> dict[str, tuple[Any, Any]]:
    """Six batches of colour planes and labels."""
    rng = np.random.default_rng(1)
    return {name: (rng.integers(0, 256, (EACH, 3072), dtype=np.uint8), np.arange(EACH) % 10) for name in BATCHES}


def write_binary(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, (planes, labels) in batches().items():
        records = np.concatenate([labels[:, None].astype(np.uint8), planes], axis=1)
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    return folder


def write_python(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, (planes, labels) in batches().items():
        content = {b"batch_label": b"one", b"labels": labels.tolist(), b"data": planes, b"filenames": [b"a.png"]}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
    return folder


@pytest.fixture(params=["cifar-10-batches-bin", "cifar-10-batches-py"])
def cifar(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a little CIFAR-10 in one of its layouts."""
    write = write_binary if request.param.endswith("bin") else write_python
    return write(tmp_path / "data" / request.param)


def test_both_layouts_give_the_same_images(tmp_path: Path) -> None:
    binary = load_images(write_binary(tmp_path / "a"), seed=1)
    python = load_images(write_python(tmp_path / "b"), seed=1)
    assert (binary.pixels == python.pixels).all()
    assert (binary.labels == python.labels).all()
    assert (binary.test == python.test).all()
    assert "binary" in binary.source
    assert "python" in python.source


def test_cifar_is_found_in_its_folder_or_above_it(cifar: Path) -> None:
    for folder in (cifar, cifar.parent):
        images = load_images(folder, seed=1)
        assert (images.name, images.real, images.mirrored) == ("cifar-10", True, True)
        assert len(images) == 6 * EACH
        assert images.test.sum() == EACH


def test_colour_planes_become_colours_of_pixels(cifar: Path) -> None:
    images = load_images(cifar, seed=1)
    planes = batches()["data_batch_1"][0][0].reshape(3, 32, 32)
    assert images.pixels.shape == (6 * EACH, 32, 32, 3)
    assert (images.pixels[0][:, :, 2] == planes[2]).all()
    assert images.pixels.dtype == np.uint8


def test_a_missing_batch_is_named(cifar: Path) -> None:
    next(cifar.glob("data_batch_3*")).unlink()
    with pytest.raises(InputError, match=r"cannot read .*data_batch_3.*; all six"):
        load_images(cifar, seed=1)


def test_a_folder_without_cifar_is_refused_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no CIFAR-10; it needs data_batch_1\.bin to test_batch\.bin"):
        load_images(tmp_path, seed=1)


@pytest.mark.parametrize("content", [b"", b"\x00" * 3072, b"\x00" * 3074])
def test_a_cut_off_binary_batch_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = write_binary(tmp_path / "a")
    (folder / "data_batch_2.bin").write_bytes(content)
    with pytest.raises(InputError, match=r"data_batch_2.bin: \d+ bytes are not whole images"):
        load_images(folder, seed=1)


class Evil:
    """What runs a command when it is unpickled without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


class Deep:
    """What reaches for evil through an innocent module."""

    def __reduce__(self) -> Any:
        return np.load, ("secret",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path: Path, protocol: int) -> None:
    folder, trace = write_python(tmp_path / "a"), tmp_path / "trace"
    for evil in (Evil(trace), Deep(), eval):
        (folder / "test_batch").write_bytes(pickle.dumps({b"data": evil, b"labels": []}, protocol=protocol))
        with pytest.raises(InputError, match=r"test_batch: it names .*, which no batch.*do not trust this file"):
            load_images(folder, seed=1)
    assert not trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        pickle.dumps([1, 2]),
        pickle.dumps({b"data": 1}),
        pickle.dumps({b"data": [[1.0] * 3072], b"labels": [1, 2]}, protocol=2),
        pickle.dumps({b"data": [[None] * 3072], b"labels": [1]}, protocol=2),
        pickle.dumps({b"data": [[1] * 3071], b"labels": [1]}, protocol=2),
    ],
)
def test_a_damaged_pickle_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = write_python(tmp_path / "a")
    (folder / "data_batch_1").write_bytes(content)
    with pytest.raises(InputError, match="data_batch_1"):
        load_images(folder, seed=1)


def test_digits_are_real_scans_of_ten_classes() -> None:
    pytest.importorskip("sklearn")
    images = load_images(None, seed=1)
    assert (images.name, images.real, images.mirrored) == ("digits", True, False)
    assert len(images) == 1797
    assert images.cleaning.kept == images.cleaning.read == 1797
    assert images.pixels.max() == 255
    assert (images.pixels[:, :4, :4] == images.pixels[:, :1, :1]).all(), "each of 8x8 pixels is drawn 4 by 4"


def test_without_scikit_learn_patterns_are_made_up_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    images = load_images(None, seed=1)
    assert (images.name, images.real) == ("synthetic", False)
    assert "made up" in images.source
    assert images.cleaning.per_class == (300,) * 10


def test_a_seed_makes_the_same_patterns() -> None:
    assert (synthetic(50, 1).pixels == synthetic(50, 1).pixels).all()
    assert (synthetic(50, 1).pixels != synthetic(50, 2).pixels).any()


def raw(count: int = 40, tested: int = 0) -> Raw:
    """Images as numbers with fractions, the last *tested* set aside for the test."""
    made = synthetic(count, 1)
    return Raw(made.pixels.astype(float), made.labels.astype(float), np.arange(count) >= count - tested)


def test_nothing_wrong_is_counted_as_nothing() -> None:
    pixels, labels, _, cleaning = clean(raw())
    assert pixels.shape == (40, 32, 32, 3)
    assert labels.dtype == np.int64
    assert cleaning.counts() == {
        "read": 40,
        "not_finite": 0,
        "out_of_range": 0,
        "label_out_of_range": 0,
        "contradictory": 0,
        "duplicates_within": 0,
        "duplicates_across": 0,
        "kept": 40,
        "per_class": (4,) * 10,
        "imbalance": 1.0,
    }


def test_every_fault_is_counted_once_and_left_out() -> None:
    given = raw(60, tested=20)
    given.pixels[0, 0, 0, 0] = np.nan
    given.pixels[1, 5, 5, 1] = np.inf
    given.pixels[2, 0, 0, 0] = -1
    given.pixels[3, 0, 0, 0] = 256
    given.labels[3] = 11  # counted for its pixels already
    given.labels[4:7] = (10, -1, 2.5)
    given.pixels[11] = given.pixels[10]  # of other classes
    given.pixels[30] = given.pixels[20]
    given.pixels[55] = given.pixels[45]
    given.pixels[42] = given.pixels[32]
    _, _, test, found = clean(given)
    assert (found.not_finite, found.out_of_range, found.label_out_of_range) == (2, 2, 3)
    assert (found.contradictory, found.duplicates_within, found.duplicates_across) == (2, 2, 1)
    assert found.kept == 60 - 12 == sum(found.per_class)
    assert test.sum() == 19


def test_labels_that_are_not_numbers_are_left_out() -> None:
    given = raw()
    given.labels[0] = np.nan
    assert clean(given)[3].label_out_of_range == 1


def test_a_set_of_which_nothing_is_left_is_refused() -> None:
    given = raw()
    given.labels[:] = 10
    with pytest.raises(InputError, match="no image is left after cleaning; 40 were read"):
        clean(given)


def test_an_empty_class_shows_in_the_balance() -> None:
    given = raw()
    given.labels[given.labels == 3] = 4
    found = clean(Raw(given.pixels, given.labels, given.test))[3]
    assert found.per_class[3] == 0
    assert found.imbalance == float("inf")


def shares(images: Images, indices: Any) -> Any:
    return np.bincount(images.labels[indices], minlength=10) / np.bincount(images.labels, minlength=10)


def test_parts_are_disjoint_complete_and_have_their_share_of_every_class() -> None:
    images = made_up(1000, 1)
    parts = split(images, seed=1)
    assert sorted(np.concatenate(parts)) == list(range(1000))
    assert shares(images, parts.train) == pytest.approx(0.7, abs=0.011)
    assert shares(images, parts.validation) == pytest.approx(0.15, abs=0.011)
    assert shares(images, parts.test) == pytest.approx(0.15, abs=0.011)


def test_the_test_part_of_the_publisher_is_kept(cifar: Path) -> None:
    images = load_images(cifar, seed=1)
    parts = split(images, seed=1)
    assert (parts.test == np.flatnonzero(images.test)).all()
    assert sorted(np.concatenate(parts)) == list(range(6 * EACH))


def test_a_split_depends_on_its_seed_alone() -> None:
    images = made_up(200, 1)
    assert all((one == other).all() for one, other in zip(split(images, 1), split(images, 1), strict=True))
    assert (split(images, 1).test != split(images, 2).test).any()


@pytest.mark.parametrize("count", [2, 3, 7])
def test_each_image_validates_in_one_fold_and_trains_in_the_others(count: int) -> None:
    images = made_up(210, 1)
    indices = np.arange(5, 205)
    pairs = folds(indices, images.labels, count, seed=1)
    assert sorted(np.concatenate([validation for _, validation in pairs])) == list(indices)
    for train, validation in pairs:
        assert sorted(np.concatenate([train, validation])) == list(indices)
        assert np.ptp(np.bincount(images.labels[validation], minlength=10)) <= 2


@pytest.mark.parametrize("count", [0, 1, 11])
def test_folds_that_cannot_be_made_are_refused(count: int) -> None:
    with pytest.raises(InputError, match=f"{count} folds of 10 images"):
        folds(np.arange(10), np.zeros(10, dtype=np.int64), count, seed=1)
