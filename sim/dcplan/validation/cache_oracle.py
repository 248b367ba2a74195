"""The cache again, in plain Python: an ordered dictionary, slow and easy to believe.

It shares no code with the kernel, and must find the same.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from dcplan.serving.cache_kernel import BoolArray, CacheRules
from dcplan.serving.histogram import FloatArray, IntArray


def simulate(rules: CacheRules, times_s: FloatArray, objects: IntArray) -> BoolArray:
    """Whether each request finds what it asks for, [n]."""
    kept: OrderedDict[int, float] = OrderedDict()
    hit = np.zeros(len(times_s), dtype=np.bool_)
    for index, (now_s, which) in enumerate(zip(times_s.tolist(), objects.tolist(), strict=True)):
        since_s = kept.pop(which, -np.inf)
        hit[index] = now_s - since_s < rules.ttl_s if since_s > -np.inf else False
        if len(kept) == rules.size:
            kept.popitem(last=False)
        kept[which] = since_s if hit[index] and not rules.from_request else now_s
    return hit
