"""What servers draw at their plugs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def server_power_w(utilisation: FloatArray, idle_w: float, max_w: float, exponent: float) -> FloatArray:
    """Power of a server at its AC inlet [W], shape of *utilisation*.

    P(u) = P_idle + (P_max - P_idle) (2 u - u^r)   (eq. 1 in [1]; r = 1 is a straight line)

    Args:
        utilisation: Share of the server's slots that are busy, 0..1 [-].
        idle_w: Power at u = 0 [W].
        max_w: Power at u = 1 [W].
        exponent: r, 1.4 in [1] [-].

    References: [1] X. Fan, W.-D. Weber, L. A. Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007.

    >>> server_power_w(np.array([0.0, 1.0]), 100.0, 400.0, 1.4).tolist()
    [100.0, 400.0]
    """
    return np.asarray(idle_w + (max_w - idle_w) * (2.0 * utilisation - utilisation**exponent))
