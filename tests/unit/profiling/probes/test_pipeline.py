"""The input pipeline: its images, its steps, and what is left without Pillow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcplan.profiling.probes.pipeline import CROP, as_jpeg, augment, decode, normalise, picture, pipeline, resize
from dcplan.profiling.probes.settings import Settings


def test_each_step_is_measured_and_all_together(tiny: Settings) -> None:
    found = {result.name: result.value for result in pipeline(tiny)}
    assert set(found) == {"decode_jpeg", "resize", "augment", "normalise", "pipeline"}
    assert all(rate is not None and rate > 0 for rate in found.values())


def test_steps_are_images_per_second_of_one_thread(tiny: Settings) -> None:
    for result in pipeline(tiny):
        assert result.unit == "1/s"
        assert result.conditions["threads"] == 1
        assert 10_000 < result.conditions["jpeg_bytes"] < 200_000  # type: ignore[operator]


def test_an_image_goes_in_and_a_normalised_tensor_comes_out() -> None:
    image = decode(as_jpeg(picture(0)))
    assert (image.shape, image.dtype) == ((3, 375, 500), torch.uint8)
    small = resize(image)
    assert small.shape == (3, 256, 341)
    whole = normalise(augment(small, np.random.default_rng(0)))
    assert (whole.shape, whole.dtype, whole.is_contiguous()) == ((3, CROP, CROP), torch.float32, True)
    assert abs(float(whole.mean())) < 2


def test_jpeg_keeps_the_picture() -> None:
    pixels = picture(3)
    kept = decode(as_jpeg(pixels)).permute(1, 2, 0).numpy()
    assert np.abs(kept.astype(int) - pixels).mean() < 12


def test_a_picture_is_smooth_as_photographs_are() -> None:
    grey = picture(1).astype(float).mean(axis=2)
    neighbours = np.corrcoef(grey[:, :-1].ravel(), grey[:, 1:].ravel())[0, 1]
    assert neighbours > 0.8


def test_without_pillow_what_needs_no_decoding_is_measured(tiny: Settings, no_pillow: None) -> None:
    found = {result.name: result for result in pipeline(tiny)}
    assert found["decode_jpeg"].verdict == "INVALID: not measured: needs Pillow"
    assert not found["pipeline"].measured
    assert found["resize"].value > 0


@pytest.mark.slow
def test_processes_are_measured_together(tiny: Settings) -> None:
    found = pipeline(replace(tiny, processes=(2,)))[-1]
    assert (found.name, found.conditions["processes"], found.trials) == ("pipeline_2_processes", 2, 5)
    assert found.value > 0
