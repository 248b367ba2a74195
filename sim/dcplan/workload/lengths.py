"""How long prompts and answers are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcplan.scenario.generation import Tokens


def token_counts(tokens: Tokens, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """*count* numbers of tokens: lognormal, rounded, cut off at both ends.

    Lengths in published traces of conversations are skewed like that (P. Patel et al., "Splitwise", ISCA 2024, fig. 3).
    """
    sigma = np.sqrt(np.log1p(tokens.cv**2))
    exact = tokens.mean * np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2)
    return np.asarray(np.clip(np.round(exact), tokens.least, tokens.most), dtype=np.int64)
