"""The input pipeline of image training on one core: decode, resize, augment, normalise, and all of them in a row.

Images are made here: noise with the spectrum of photographs (amplitude falls as 1/f), 500 x 375 pixels as an average
ImageNet picture, saved as JPEG of quality 90. Steps are those of the usual ImageNet recipe: the short side is resized
to 256 pixels (bilinear, antialiased), a random crop of 224 x 224 is flipped by chance, and normalised to float32 with
channels first. Decoding is done by Pillow, all else by torch on one thread, as a loader's worker does.
"""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.probes.result import Result, not_measured, summarise
from dcplan.profiling.probes.settings import Settings, Tell, missing
from dcplan.profiling.probes.trials import Pace, calls_in, rates
from dcplan.profiling.processes import Barrier, doubled, together, usable_cpus

WIDTH, HEIGHT = 500, 375
"""Size of an image as stored [pixels]."""
SHORT_SIDE, CROP = 256, 224
"""Short side after resizing, and side of the crop [pixels]."""
QUALITY = 90
"""JPEG quality."""
IMAGES = 8
"""Different images that are taken in turn."""
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Step = Callable[[Any], Any]


def pipeline(settings: Settings, tell: Tell = lambda _: None) -> list[Result]:
    """Images per second of each step and of all, on one core; then of all, on several cores at once [1/s]."""
    reason, pace = missing("PIL"), settings.effective_pace
    pixels = [picture(seed) for seed in range(IMAGES)]
    files = [] if reason else [as_jpeg(each) for each in pixels]
    results = []
    with _one_thread():
        for name, inputs, step in _steps(pixels, files):
            tell(name)
            values = rates(_in_turn(step, inputs), pace)
            results.append(summarise(name, "1/s", values, _MEANINGS[name], _conditions(files)))
    if reason:
        return [not_measured(name, "1/s", reason, _MEANINGS[name]) for name in ("decode_jpeg", "pipeline")] + results
    for processes in _counts(settings):
        tell(f"pipeline in {processes} processes")
        results.append(_scaled(processes, files, pace))
    return results


def picture(seed: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Noise as smooth as a photograph, height x width x 3: one brightness for all colours, and some colour."""
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    fall = 1 / np.maximum(np.hypot(down, across), 1 / width) ** 1.2
    layers = [
        np.fft.irfft2(np.fft.rfft2(random.standard_normal((height, width))) * fall, (height, width)) for _ in "lrgb"
    ]
    bright, *colours = [layer / layer.std() for layer in layers]
    whole = np.stack([bright + 0.25 * colour for colour in colours], axis=-1)
    pixels: NDArray[np.uint8] = np.clip(127 + 55 * whole, 0, 255).astype(np.uint8)
    return pixels


def as_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """*pixels* as the bytes of a JPEG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def decode(file: bytes) -> Any:
    """The pixels of a JPEG file as a tensor of bytes, channels first."""
    import torch
    from PIL import Image

    with Image.open(io.BytesIO(file)) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)


def resize(image: Any) -> Any:
    """*image* with its short side at 256 pixels."""
    from torch.nn.functional import interpolate

    height, width = image.shape[-2:]
    scale = SHORT_SIDE / min(height, width)
    size = [round(height * scale), round(width * scale)]
    return interpolate(image[None], size=size, mode="bilinear", antialias=True)[0]


def augment(image: Any, random: np.random.Generator) -> Any:
    """A random crop of *image*, flipped by chance."""
    height, width = image.shape[-2:]
    top, left = int(random.integers(height - CROP + 1)), int(random.integers(width - CROP + 1))
    crop = image[:, top : top + CROP, left : left + CROP]
    return crop.flip(-1) if random.random() < 0.5 else crop.clone()


def normalise(image: Any) -> Any:
    """*image* as float32 with channels first, every colour with mean zero and spread one over ImageNet."""
    import torch

    mean, spread = (torch.tensor(each)[:, None, None] for each in (_MEAN, _SPREAD))
    return image.contiguous().to(torch.float32).div_(255).sub_(mean).div_(spread)


_MEANINGS = {
    "decode_jpeg": "images per second and core decoded from JPEG to bytes of RGB",
    "resize": "images per second and core resized to a short side of 256 pixels, bilinear and antialiased",
    "augment": "images per second and core cropped at random to 224 x 224 pixels and flipped by chance",
    "normalise": "images per second and core converted to normalised float32, channels first",
    "pipeline": "images per second and core decoded, resized, augmented and normalised",
}


def _steps(pixels: Sequence[NDArray[np.uint8]], files: Sequence[bytes]) -> Iterator[tuple[str, Sequence[Any], Step]]:
    """Name, inputs and function of every step, and of all in a row where images can be decoded."""
    import torch

    random = np.random.default_rng(1)
    whole = [torch.from_numpy(each).permute(2, 0, 1) for each in pixels]
    small = [resize(each) for each in whole]
    if files:
        yield "decode_jpeg", files, decode
    yield "resize", whole, resize
    yield "augment", small, lambda image: augment(image, random)
    yield "normalise", [augment(each, random) for each in small], normalise
    if files:
        yield "pipeline", files, lambda file: _all(file, random)


def _all(file: bytes, random: np.random.Generator) -> Any:
    return normalise(augment(resize(decode(file)), random))


def _in_turn(step: Step, inputs: Sequence[Any]) -> Callable[[], object]:
    following = itertools.cycle(inputs)
    return lambda: step(next(following))


def _conditions(files: Sequence[bytes]) -> dict[str, object]:
    stored = {"jpeg_bytes": round(sum(map(len, files)) / len(files)), "jpeg_quality": QUALITY} if files else {}
    return {"threads": 1, "processes": 1, "width": WIDTH, "height": HEIGHT, **stored}


def _counts(settings: Settings) -> tuple[int, ...]:
    """How many processes to try: those the user chose, else 1, 2, 4 ... all processors; none if quick."""
    if settings.processes is not None:
        return settings.processes
    if settings.quick:
        return ()
    return doubled(usable_cpus())


def _scaled(processes: int, files: Sequence[bytes], pace: Pace) -> Result:
    """Images per second of *processes* together: in each trial all start at once."""
    name = f"pipeline_{processes}_process{'es' if processes > 1 else ''}"
    meaning = f"images per second through the whole pipeline, {processes} at once, each a process of one thread"
    try:
        each = together(processes, _worker, list(files), pace)
    except RuntimeError as error:
        return not_measured(name, "1/s", str(error), meaning)
    values = [sum(trial) for trial in zip(*each, strict=True)]
    return summarise(name, "1/s", values, meaning, {**_conditions(files), "processes": processes})


def _worker(rank: int, barrier: Barrier, files: Sequence[bytes], pace: Pace) -> list[float]:
    """Images per second of this process in each trial."""
    import torch

    torch.set_num_threads(1)
    random = np.random.default_rng(rank)
    call = _in_turn(lambda file: _all(file, random), files)
    count = calls_in(pace.trial_s, lambda count: _run_s(call, count))
    found = []
    for _ in range(pace.trials[0]):
        barrier.wait(60)
        found.append(count / _run_s(call, count))
    return found


def _run_s(call: Callable[[], object], count: int) -> float:
    begin = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - begin


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
