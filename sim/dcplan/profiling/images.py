"""Images to train on: CIFAR-10 from a folder, else handwritten digits from scikit-learn, else patterns made up.

All come as 32x32 pixels of three colours, whole numbers from 0 to 255, are checked and cleaned before use, and are
split so that every class has its share of each part. Nothing is downloaded. The digits do not say who wrote them, so
the same hands may have written those that are trained on and those that are tested by.

References: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009 (CIFAR-10 and its two layouts);
E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998 (the digits).
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcplan.errors import InputError

SIDE, COLOURS, CLASSES = 32, 3, 10
SHAPE = (SIDE, SIDE, COLOURS)
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
"""Folders that the two published archives of CIFAR-10 unpack to."""
BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
RECORD = 1 + COLOURS * SIDE * SIDE
"""Bytes of an image in the binary layout: the label, then red, green and blue, each row by row."""
SYNTHETIC = 3000

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Indices = NDArray[np.int64]


class Raw(NamedTuple):
    """Images as they were read, not yet checked."""

    pixels: NDArray[Any]
    labels: NDArray[Any]
    test: NDArray[np.bool_]
    """Which of them the publisher set aside for the test; none if the set is not split."""


@dataclass(frozen=True)
class Cleaning:
    """How many images were found wrong; each is counted once, where it was first found, and left out.

    Attributes:
        read: Images that were read.
        not_finite: With pixels that are not numbers.
        out_of_range: With pixels below 0 or above 255.
        label_out_of_range: With a label that is no whole number from 0 to 9.
        contradictory: The same pixels under different labels.
        duplicates_within: Repeated in the same part (all parts being one if the publisher made none).
        duplicates_across: Images to train on that are in the publisher's test part too.
        kept: What is left.
        per_class: What is left of each class.
    """

    read: int
    not_finite: int
    out_of_range: int
    label_out_of_range: int
    contradictory: int
    duplicates_within: int
    duplicates_across: int
    kept: int
    per_class: tuple[int, ...]

    @property
    def imbalance(self) -> float:
        """Images of the largest class for each one of the smallest [-]; infinite if a class is empty."""
        return max(self.per_class) / min(self.per_class) if min(self.per_class) else float("inf")

    def counts(self) -> dict[str, object]:
        """All counts by name."""
        return asdict(self) | {"imbalance": self.imbalance}


@dataclass(frozen=True)
class Images:
    """Images that are ready to be split and trained on.

    Attributes:
        name: What they are, in a word.
        source: Where they come from, in a sentence.
        real: Whether they are photographs or scans, not made up.
        pixels: Image, row, column, colour.
        labels: Class of each image.
        test: Which of them the publisher set aside for the test; none if the set is not split.
        mirrored: Whether an image seen in a mirror is still of its class.
        cleaning: What was found wrong.
    """

    name: str
    source: str
    real: bool
    pixels: Pixels
    labels: Labels
    test: NDArray[np.bool_]
    mirrored: bool
    cleaning: Cleaning

    def __len__(self) -> int:
        return len(self.labels)


class Split(NamedTuple):
    """Indices of the images to train on, to decide by when to stop, and to judge by once, at the end."""

    train: Indices
    validation: Indices
    test: Indices


def load_images(data: Path | None, seed: int) -> Images:
    """CIFAR-10 from the folder *data* if given, else scikit-learn's digits if installed, else synthetic patterns.

    Raises: InputError if *data* holds no CIFAR-10, or a file of it is damaged.
    """
    if data is not None:
        return _cifar10(data)
    if importlib.util.find_spec("sklearn") is not None:
        source = "scikit-learn's handwritten digits (UCI 1998), 8x8 grey scans enlarged to 32x32"
        return _ready("digits", source, _digits(), real=True)
    source = "patterns of colour made up from a seed, one per class, shifted and with noise"
    return _ready("synthetic", source, synthetic(SYNTHETIC, seed), real=False)


def made_up(count: int, seed: int) -> Images:
    """*count* synthetic images, ready to use."""
    return _ready("synthetic", "patterns of colour made up from a seed", synthetic(count, seed), real=False)


def split(images: Images, seed: int, validation: float = 0.15, test: float = 0.15) -> Split:
    """Every class divided in the same proportion; the publisher's test part is taken where there is one."""
    rng = np.random.default_rng(seed)
    rest = np.flatnonzero(~images.test)
    if images.test.any():
        held_out = np.flatnonzero(images.test)
    else:
        rest, held_out = _divided(rest, images.labels, test, rng)
        validation /= 1 - test
    train, decide = _divided(rest, images.labels, validation, rng)
    return Split(train, decide, held_out)


def folds(indices: Indices, labels: Labels, count: int, seed: int) -> list[tuple[Indices, Indices]]:
    """*count* pairs of images to train on and to validate by; each of *indices* validates once, classes balanced."""
    if not 2 <= count <= len(indices):
        raise InputError(f"{count} folds of {len(indices)} images cannot be made", "choose from 2 up to their number")
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(indices)
    ordered = shuffled[np.argsort(labels[shuffled], kind="stable")]
    number = np.arange(len(ordered)) % count
    return [(np.sort(ordered[number != fold]), np.sort(ordered[number == fold])) for fold in range(count)]


def clean(raw: Raw) -> tuple[Pixels, Labels, NDArray[np.bool_], Cleaning]:
    """What of *raw* can be used, and how many images could not.

    Raises: InputError if nothing is left.
    """
    pixels, labels = raw.pixels.reshape(len(raw.pixels), -1), raw.labels
    good = np.ones(len(labels), dtype=np.bool_)
    faults = {
        "not_finite": ~np.isfinite(pixels).all(axis=1),
        "out_of_range": np.logical_or(pixels < 0, pixels > 255).any(axis=1),
        "label_out_of_range": ~np.isin(labels, np.arange(CLASSES)),
    }
    counts = {fault: _drop(good, which) for fault, which in faults.items()}
    counts |= {fault: _drop(good, which) for fault, which in _repeated(pixels, labels, raw.test, good).items()}
    if not good.any():
        raise InputError("no image is left after cleaning", f"{len(labels)} were read; look at the files")
    kept = labels[good].astype(np.int64)
    per_class = tuple(int(number) for number in np.bincount(kept, minlength=CLASSES))
    usable = np.rint(raw.pixels[good]).astype(np.uint8).reshape(-1, *SHAPE)
    cleaning = Cleaning(read=len(labels), kept=len(kept), per_class=per_class, **counts)
    return usable, kept, raw.test[good], cleaning


def synthetic(count: int, seed: int) -> Raw:
    """*count* images: the pattern of their class, shifted by a few pixels, plus noise."""
    rng = np.random.default_rng(seed)
    patterns = rng.uniform(0, 255, (CLASSES, 4, 4, COLOURS)).repeat(8, axis=1).repeat(8, axis=2)
    labels = np.arange(count) % CLASSES
    shifts = rng.integers(-3, 4, (count, 2))
    shifted = [np.roll(patterns[label], tuple(shift), (0, 1)) for label, shift in zip(labels, shifts, strict=True)]
    pixels = np.clip(np.array(shifted) + rng.normal(0, 40, (count, *SHAPE)), 0, 255)
    return Raw(np.rint(pixels).astype(np.uint8), labels, np.zeros(count, dtype=np.bool_))


def _ready(name: str, source: str, raw: Raw, *, real: bool, mirrored: bool = False) -> Images:
    pixels, labels, test, cleaning = clean(raw)
    return Images(name, source, real, pixels, labels, test, mirrored, cleaning)


def _digits() -> Raw:
    """The digits, each of their pixels drawn 4 by 4, grey in three colours."""
    found: Any = importlib.import_module("sklearn.datasets").load_digits()
    enlarged = (found.images * (255 / 16)).repeat(4, axis=1).repeat(4, axis=2)
    pixels = np.rint(enlarged).astype(np.uint8)[..., np.newaxis].repeat(COLOURS, axis=3)
    return Raw(pixels, found.target, np.zeros(len(pixels), dtype=np.bool_))


def _cifar10(data: Path) -> Images:
    for folder in (data, data / BINARY, data / PYTHON):
        for suffix, read, layout in ((".bin", _binary, "binary"), ("", _pickled, "python")):
            files = [folder / f"{batch}{suffix}" for batch in BATCHES]
            if any(file.is_file() for file in files):
                source = f"CIFAR-10 (Krizhevsky 2009), {layout} layout, from {folder}"
                return _ready(
                    "cifar-10", source, _joined(files, [read(file) for file in files]), real=True, mirrored=True
                )
    raise InputError(
        f"{data} holds no CIFAR-10",
        f"it needs {BATCHES[0]}.bin to {BATCHES[-1]}.bin, or the same without .bin (python)",
    )


def _joined(files: Sequence[Path], parts: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> Raw:
    """All batches, the pixels turned from colour planes into colours of pixels."""
    planes = np.concatenate([pixels for pixels, _ in parts]).reshape(-1, COLOURS, SIDE, SIDE)
    test = [np.full(len(labels), file.name.startswith("test")) for file, (_, labels) in zip(files, parts, strict=True)]
    return Raw(planes.transpose(0, 2, 3, 1), np.concatenate([labels for _, labels in parts]), np.concatenate(test))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}", "all six batches of CIFAR-10 are needed") from error


def _binary(file: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    content = _bytes(file)
    if not content or len(content) % RECORD:
        raise InputError(f"{file}: {len(content)} bytes are not whole images of {RECORD}", "unpack the archive again")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    return records[:, 1:], records[:, 0]


def _pickled(file: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    content = _bytes(file)
    try:
        found = _NoCode(io.BytesIO(content), encoding="bytes").load()
        pixels, labels = np.asarray(found[b"data"]), np.asarray(found[b"labels"])
    except InputError as error:
        raise InputError(f"{file}: {error.problem}", error.remedy) from error
    except Exception as error:  # a damaged pickle may raise anything
        raise InputError(f"{file} is no batch of CIFAR-10: {error!r}", "unpack the archive again") from error
    numbers = all(array.dtype.kind in "iuf" for array in (pixels, labels))
    if not numbers or pixels.shape != (len(labels), RECORD - 1) or labels.ndim != 1:
        raise InputError(
            f"{file}: {pixels.shape} pixels, {labels.shape} labels", f"{RECORD - 1} pixels a label are due"
        )
    return pixels, labels


class _NoCode(pickle.Unpickler):
    """Reads plain values and arrays of numpy; a pickle that names anything else is refused, so none of it is run."""

    def find_class(self, module: str, name: str) -> Any:
        """What *module* calls *name*, if it is one of the few that an array is made of."""
        if (module, name) in {("numpy", "ndarray"), ("numpy", "dtype")}:
            return getattr(np, name)
        if (module.removeprefix("numpy.").removeprefix("_"), name) == ("core.multiarray", "_reconstruct"):
            return _array
        if (module, name) == ("_codecs", "encode"):
            return _latin1
        raise InputError(f"it names {module}.{name}, which no batch of CIFAR-10 does", "do not trust this file")


def _array(*_: object) -> NDArray[Any]:
    """An empty array, which the pickle then fills."""
    return np.ndarray((0,), np.uint8)


def _latin1(text: str, _: object = None) -> bytes:
    """Bytes that a pickle of the second protocol wrote as text."""
    return text.encode("latin1")


def _drop(good: NDArray[np.bool_], bad: NDArray[np.bool_]) -> int:
    """Mark the *bad* as not *good* any more; how many are so newly."""
    dropped = int((good & bad).sum())
    good &= ~bad
    return dropped


def _repeated(
    pixels: NDArray[Any], labels: NDArray[Any], test: NDArray[np.bool_], good: NDArray[np.bool_]
) -> dict[str, NDArray[np.bool_]]:
    """Which of the *good* are contradictory, repeated in their part, and repeated from the test part."""
    copies: dict[bytes, list[int]] = {}
    for index in np.flatnonzero(good):
        copies.setdefault(pixels[index].tobytes(), []).append(int(index))
    contradictory, within, across = (np.zeros(len(good), dtype=np.bool_) for _ in range(3))
    for same in (group for group in copies.values() if len(group) > 1):
        if len({int(labels[index]) for index in same}) > 1:
            contradictory[same] = True
            continue
        tested, trained = [i for i in same if test[i]], [i for i in same if not test[i]]
        within[tested[1:] + trained[1:]] = True
        if tested:
            across[trained[:1]] = True
    return {"contradictory": contradictory, "duplicates_within": within, "duplicates_across": across}


def _divided(indices: Indices, labels: Labels, share: float, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """*indices* without and with a *share* of every class, both sorted."""
    taken = []
    for label in np.unique(labels[indices]):
        members = rng.permutation(indices[labels[indices] == label])
        taken.append(members[: round(share * len(members))])
    part = np.sort(np.concatenate(taken))
    return np.setdiff1d(indices, part), part
