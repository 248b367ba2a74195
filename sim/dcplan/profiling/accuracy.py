"""Training to accuracy: how long the reference CNN really takes, on real images, until it is as good as asked.

The recipe: images cleaned and split by class, normalised by what the training part shows, cropped (and mirrored where
that makes sense) at random; Adam, weight decay (L2) and dropout; training stops when the validation loss has not fallen
for some epochs, and the weights of the best epoch are taken back. The test part is looked at once, after that.

References: L. Prechelt, "Early Stopping - But When?", 1998; E. B. Wilson, "Probable Inference, the Law of Succession,
and Statistical Inference", 1927 (the interval); P. Mattson et al., "MLPerf Training Benchmark", 2020 (time to
accuracy).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.images import Images, Indices, Split, folds, load_images, split
from dcplan.profiling.statistics import Z95
from dcplan.profiling.workloads.cnn import CNN_CIFAR10, build, loss

if TYPE_CHECKING:
    import torch
    from torch import nn

PADDING = 4
"""Pixels by which a random crop may move an image."""
EVALUATED = 500
"""Images in a batch of an evaluation."""
TARGETS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97)
"""Accuracies whose cost is reported."""


@dataclass(frozen=True)
class AccuracySettings:
    """What to train on, and how.

    Attributes:
        data: Folder with CIFAR-10; other images if None.
        seed: Seeds the split, the weights, the order and the crops.
        threads: Processor threads torch may use.
        device: "cpu" or "cuda".
        epochs: Most epochs.
        batch: Images in a step.
        learning_rate: Of Adam.
        weight_decay: Factor of the squared weights (L2) in the gradient.
        dropout: Share of values dropped before the last layer [-].
        augment: Whether images are cropped (and mirrored) at random.
        patience: Epochs without a lower validation loss after which training stops.
        folds: Parts of a cross-validation that comes on top; 0 for none.
        targets: Validation accuracies whose cost is reported [-].
    """

    data: Path | None = None
    seed: int = 1
    threads: int = 1
    device: str = "cpu"
    epochs: int = 60
    batch: int = 32
    learning_rate: float = 0.001
    weight_decay: float = 1e-4
    dropout: float = 0.25
    augment: bool = True
    patience: int = 8
    folds: int = 0
    targets: tuple[float, ...] = TARGETS

    def __post_init__(self) -> None:
        if min(self.threads, self.epochs, self.batch, self.patience) < 1:
            raise InputError("threads, epochs, batch and patience must be at least 1")
        if not 0 <= self.dropout < 1 or self.learning_rate <= 0 or self.weight_decay < 0:
            raise InputError("dropout must be in [0, 1), the learning rate above zero, the weight decay not below")
        if self.folds < 0 or self.folds == 1:
            raise InputError(f"{self.folds} folds make no cross-validation", "choose 0 for none, or 2 and more")


@dataclass(frozen=True)
class Watch:
    """The instruments read after every epoch.

    Attributes:
        clock: Seconds since some instant [s].
        cpu: Seconds of CPU time of this process [s].
        energy: Energy since some instant [J], or None where it is not known; None if there is no meter.
    """

    clock: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time
    energy: Callable[[], float | None] | None = None

    def read(self) -> Reading:
        """All instruments now."""
        return Reading(self.clock(), self.cpu(), self.energy() if self.energy else None)


@dataclass(frozen=True)
class Reading:
    """What the instruments show: at an instant, or between two."""

    seconds: float
    cpu_s: float
    energy_j: float | None

    def since(self, first: Reading) -> Reading:
        """What went by from *first* to this."""
        energy_j = None
        if self.energy_j is not None and first.energy_j is not None:
            energy_j = self.energy_j - first.energy_j
        return Reading(self.seconds - first.seconds, self.cpu_s - first.cpu_s, energy_j)


@dataclass(frozen=True)
class Epoch:
    """Where training stood after an epoch; times, samples and energy count from its start.

    Attributes:
        fold: Number of the fold; 0 for the training proper.
        epoch: Number of the epoch, from 1.
        seconds: Time, validation included [s].
        training_s: Time of training alone [s].
        samples: Images trained on, each as often as it was used.
        cpu_s: CPU time of the process, validation included [s].
        energy_j: Energy, validation included [J]; None if it is not known.
        training_loss: Mean over the epoch, of cropped images and with dropout.
        validation_loss: Mean over the validation part.
        validation_accuracy: Share of the validation part that is classified rightly [-].
    """

    fold: int
    epoch: int
    seconds: float
    training_s: float
    samples: int
    cpu_s: float
    energy_j: float | None
    training_loss: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Reached:
    """What it took until a validation accuracy was first reached; all None if it never was."""

    target: float
    epochs: int | None = None
    seconds: float | None = None
    training_s: float | None = None
    samples: int | None = None
    cpu_s: float | None = None
    energy_j: float | None = None


@dataclass(frozen=True)
class Score:
    """Images classified rightly out of a number of them."""

    correct: int
    samples: int

    @property
    def accuracy(self) -> float:
        """Their share [-]."""
        return self.correct / self.samples

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share [-].

        >>> [round(bound, 4) for bound in Score(95, 100).interval]
        [0.8882, 0.9785]
        """
        n, p, z2 = self.samples, self.accuracy, Z95**2
        middle, half = p + z2 / (2 * n), (z2 * (p * (1 - p) / n + z2 / (4 * n * n))) ** 0.5
        return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


@dataclass(frozen=True)
class Training:
    """One model trained until it stopped.

    Attributes:
        epochs: Where it stood after each epoch.
        best: Number of the epoch with the lowest validation loss, whose weights were taken back.
        stopped: "early" if the validation loss no longer fell, "epochs" if there were no more to come.
    """

    epochs: tuple[Epoch, ...]
    best: int
    stopped: str

    @property
    def accuracy(self) -> float:
        """Validation accuracy of the best epoch [-]."""
        return self.epochs[self.best - 1].validation_accuracy


@dataclass(frozen=True)
class AccuracyRun:
    """A training to accuracy.

    Attributes:
        settings: What was asked for.
        images: What was trained on.
        parts: Images to train on, to validate by and to test by.
        training: The training proper.
        test: Its score on the test part, looked at once.
        folds: Trainings of the cross-validation, if asked for; the test part is in none of them.
    """

    settings: AccuracySettings
    images: Images = field(repr=False)
    parts: tuple[int, int, int]
    training: Training
    test: Score
    folds: tuple[Training, ...] = ()

    @property
    def to_accuracy(self) -> tuple[Reached, ...]:
        """What each target took."""
        return tuple(reached(target, self.training.epochs) for target in self.settings.targets)

    def rows(self) -> list[dict[str, Any]]:
        """One row per epoch, those of the folds after those of the training proper."""
        return [asdict(epoch) for training in (self.training, *self.folds) for epoch in training.epochs]

    def header(self) -> dict[str, Any]:
        """All but the epochs, in plain values."""
        low, high = self.test.interval
        return {
            "workload": CNN_CIFAR10.name,
            "images": {"name": self.images.name, "source": self.images.source, "real": self.images.real},
            "cleaning": self.images.cleaning.counts(),
            "parts": dict(zip(("train", "validation", "test"), self.parts, strict=True)),
            "settings": asdict(self.settings) | {"data": str(self.settings.data) if self.settings.data else None},
            "epochs": len(self.training.epochs),
            "best_epoch": self.training.best,
            "stopped": self.training.stopped,
            "validation_accuracy": self.training.accuracy,
            "test_accuracy": {"mean": self.test.accuracy, "low": low, "high": high, **asdict(self.test)},
            "to_accuracy": [asdict(one) for one in self.to_accuracy],
            "cross_validation": _spread([one.accuracy for one in self.folds]),
        }


def train_to_accuracy(
    settings: AccuracySettings, watch: Watch | None = None, images: Images | None = None
) -> AccuracyRun:
    """Train the CNN on *images* (those that *settings* name, if None) until it stops getting better, and test it once.

    Raises: InputError if the images cannot be used.
    """
    watch = watch or Watch()
    images = images or load_images(settings.data, settings.seed)
    parts = split(images, settings.seed)
    if not all(len(part) for part in parts):
        raise InputError(f"{len(images)} images are too few to train, validate and test", "give more of each class")
    with _alone(settings):
        student = _Student(images, parts.train, parts.validation, settings)
        training = student.train(watch)
        test = student.score(parts.test)[1]
        crossed = tuple(_crossed(images, parts, settings, watch))
    sizes = (len(parts.train), len(parts.validation), len(parts.test))
    return AccuracyRun(settings, images, sizes, training, test, crossed)


def reached(target: float, epochs: Sequence[Epoch]) -> Reached:
    """What it took until one of *epochs* first had the *target*."""
    for now in epochs:
        if now.validation_accuracy >= target:
            return Reached(target, now.epoch, now.seconds, now.training_s, now.samples, now.cpu_s, now.energy_j)
    return Reached(target)


class _Student:
    """A model, and the images it learns from."""

    def __init__(
        self, images: Images, train: Indices, validation: Indices, settings: AccuracySettings, fold: int = 0
    ) -> None:
        import torch

        self.settings, self.fold, self.mirrored = settings, fold, images.mirrored
        self.train_on, self.validate_by = train, validation
        self.pixels = torch.from_numpy(images.pixels.transpose(0, 3, 1, 2).copy()).to(settings.device)
        self.labels = torch.from_numpy(images.labels).to(settings.device)
        self.mean, self.deviation = _normalisation(images, train, settings.device)
        torch.manual_seed(settings.seed + fold)
        self.random = np.random.default_rng((settings.seed, fold))
        self.model = _model(settings.dropout).to(settings.device)
        rate, decay = settings.learning_rate, settings.weight_decay
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=rate, weight_decay=decay)

    def train(self, watch: Watch) -> Training:
        """Epoch after epoch until the validation loss has not fallen for as many as patience allows."""
        begin, training_s = watch.read(), 0.0
        epochs: list[Epoch] = []
        best, weights = 0, copy.deepcopy(self.model.state_dict())
        while len(epochs) < self.settings.epochs and len(epochs) - best < self.settings.patience:
            before = watch.clock()
            trained = self._epoch()
            training_s += watch.clock() - before
            epochs.append(self._after(len(epochs) + 1, trained, training_s, watch, begin))
            if not best or epochs[-1].validation_loss < epochs[best - 1].validation_loss:
                best, weights = len(epochs), copy.deepcopy(self.model.state_dict())
        self.model.load_state_dict(weights)
        patient = len(epochs) - best < self.settings.patience
        return Training(tuple(epochs), best, "epochs" if patient else "early")

    def score(self, indices: Indices) -> tuple[float, Score]:
        """Mean loss on the images *indices*, and how many of them are classified rightly."""
        import torch

        self.model.eval()
        total, correct = 0.0, 0
        with torch.inference_mode():
            for batch in _batches(indices, EVALUATED):
                logits, labels = self.model(self._images(batch)), self.labels[batch]
                total += float(loss(logits, labels)) * len(batch)
                correct += int((logits.argmax(dim=1) == labels).sum())
        return total / len(indices), Score(correct, len(indices))

    def _epoch(self) -> float:
        """Every image to train on once, in a new order; the mean loss."""
        self.model.train()
        losses = []
        for batch in _batches(self.random.permutation(self.train_on), self.settings.batch):
            self.optimizer.zero_grad(set_to_none=True)
            found = loss(self.model(self._varied(self._images(batch))), self.labels[batch])
            found.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            losses.append(found.detach() * len(batch))
        return float(sum(losses)) / len(self.train_on)

    def _after(self, number: int, trained: float, training_s: float, watch: Watch, begin: Reading) -> Epoch:
        validated, score = self.score(self.validate_by)
        spent = watch.read().since(begin)
        return Epoch(
            fold=self.fold,
            epoch=number,
            seconds=spent.seconds,
            training_s=training_s,
            samples=number * len(self.train_on),
            cpu_s=spent.cpu_s,
            energy_j=spent.energy_j,
            training_loss=trained,
            validation_loss=validated,
            validation_accuracy=score.accuracy,
        )

    def _images(self, batch: torch.Tensor) -> torch.Tensor:
        """Normalised images."""
        return (self.pixels[batch].float() - self.mean) / self.deviation

    def _varied(self, images: torch.Tensor) -> torch.Tensor:
        """The images, each cropped at random from itself with a border, half of them mirrored where that is allowed."""
        if not self.settings.augment:
            return images
        corners = self.random.integers(0, 2 * PADDING + 1, (2, len(images)))
        mirror = self.random.random(len(images)) < 0.5 if self.mirrored else np.zeros(len(images), dtype=np.bool_)
        return varied(images, corners, mirror)


def varied(images: torch.Tensor, corners: Indices, mirror: np.typing.NDArray[np.bool_]) -> torch.Tensor:
    """*images* with a border of zeros, each cropped to its old size at its corner (row, column), some mirrored."""
    import torch
    from torch.nn.functional import pad

    side = images.shape[-1]
    along = np.arange(side)
    rows, columns = corners[0][:, None] + along, corners[1][:, None] + np.where(mirror[:, None], along[::-1], along)
    which = torch.arange(len(images), device=images.device)[:, None, None]
    bordered = pad(images, (PADDING,) * 4).permute(0, 2, 3, 1)
    row, column = (torch.from_numpy(numbers).to(images.device) for numbers in (rows, columns))
    return bordered[which, row[:, :, None], column[:, None, :]].permute(0, 3, 1, 2)


def _crossed(images: Images, parts: Split, settings: AccuracySettings, watch: Watch) -> Iterator[Training]:
    """The trainings of the cross-validation, over all images but the test part."""
    if not settings.folds:
        return
    learnt = np.sort(np.concatenate([parts.train, parts.validation]))
    pairs = folds(learnt, images.labels, settings.folds, settings.seed)
    for number, (train, validation) in enumerate(pairs, start=1):
        yield _Student(images, train, validation, settings, number).train(watch)


def _model(dropout: float) -> nn.Sequential:
    """The reference CNN with dropout before its last layer."""
    from torch import nn

    *layers, last = build()
    return nn.Sequential(*layers, nn.Dropout(dropout), last)


def _normalisation(images: Images, train: Indices, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each colour over the images to train on; a colour that never varies is kept."""
    import torch

    pixels = images.pixels[train]
    mean, deviation = pixels.mean(axis=(0, 1, 2)), pixels.std(axis=(0, 1, 2))
    deviation[deviation == 0] = 1.0
    tensors = (torch.from_numpy(values).float().reshape(1, -1, 1, 1).to(device) for values in (mean, deviation))
    return next(tensors), next(tensors)


def _batches(indices: Indices, size: int) -> Iterator[torch.Tensor]:
    import torch

    return iter(torch.split(torch.from_numpy(indices), size))


def _spread(accuracies: Sequence[float]) -> dict[str, Any] | None:
    """Mean and standard deviation over the folds; None without folds."""
    if not accuracies:
        return None
    return {"folds": list(accuracies), "mean": fmean(accuracies), "standard_deviation": stdev(accuracies)}


@contextmanager
def _alone(settings: AccuracySettings) -> Iterator[None]:
    """Threads as set and random numbers of its own; both as before afterwards."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(settings.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)
