from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from dcplan.serving.zipf import Zipf, draw

COUNT = 400_000


@pytest.mark.parametrize("skew", [0.0, 0.3, 0.9, 1.0, 1.0 + 1e-12, 1.2, 3.0])
@pytest.mark.parametrize("objects", [2, 7, 100])
def test_objects_come_as_often_as_zipfs_law_says(objects: int, skew: float) -> None:
    expected = np.arange(1.0, objects + 1.0) ** -skew
    expected *= COUNT / expected.sum()
    found = np.bincount(draw(Zipf(objects, skew), np.random.default_rng(5), COUNT), minlength=objects + 1)[1:]
    tail = int(np.searchsorted(-expected, -10.0))  # classes of fewer than ten are put together
    parts = [np.append(each[:tail], each[tail:].sum()) if tail < objects else each for each in (found, expected)]
    assert chisquare(*parts).pvalue > 1e-3


@pytest.mark.parametrize("skew", [0.6, 0.9, 1.0, 1.3])
def test_the_head_of_ten_million_objects_has_its_share(skew: float) -> None:
    weight = np.arange(1.0, 1e7 + 1.0) ** -skew
    drawn = draw(Zipf(10_000_000, skew), np.random.default_rng(3), COUNT)
    for head in (1, 100, 10_000, 1_000_000):
        share = weight[:head].sum() / weight.sum()
        assert (drawn <= head).mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / COUNT))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 50_000_000), st.floats(0.0, 10.0), st.integers(0, 1000))
def test_every_draw_is_an_object_of_the_catalogue(objects: int, skew: float, seed: int) -> None:
    drawn = draw(Zipf(objects, skew), np.random.default_rng(seed), 200)
    assert drawn.min() >= 1
    assert drawn.max() <= objects
