"""The prefix cache of a replica that generates text: keys and values of earlier texts, in blocks that nobody needs now.

When a sequence has its last token its blocks stay where they are, and a later request whose prompt begins with the same
text need not have that part processed: only whole blocks are found, as in vLLM's automatic prefix caching (W. Kwon et
al., "PagedAttention", SOSP 2023, section 4.4). Blocks are given to others in the order in which their text was used
last, its end first (L. Zheng et al., "SGLang: efficient execution of structured language model programs", NeurIPS 2024,
section 3: least recently used leaf first).

Assumed: a text is found when no sequence uses it; who asks for it while another one does finds nothing; what a
preempted sequence leaves is lost.

Texts are in a doubly linked list, the one used last at its end, and in chained hash buckets. Place 0 is the end of both
and holds no text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.compiled import called

KEPT = np.dtype(
    [
        ("text", np.int64),
        ("blocks", np.int64),
        ("older", np.int32),
        ("newer", np.int32),
        ("first", np.int32),
        ("behind", np.int32),
    ],
    align=True,
)
"""A text: its number; its whole blocks; the ones used just before and after it; the first text of the bucket that has
the number of this place; the next one in its own bucket, or the next free place."""

Kept = NDArray[Any]
"""An array of `KEPT`: the prefix cache of a replica."""


@called
def take(kept: Kept, rep: Any, text: int) -> int:  # pragma: no cover - compiled
    """Take a text out of the cache of the replica *rep*: its blocks; 0 if it is not there."""
    bucket, before = text % len(kept), 0
    place = kept[bucket].first
    while place != 0 and kept[place].text != text:
        before, place = place, kept[place].behind
    if place == 0:
        return 0
    this = kept[place]
    if before == 0:
        kept[bucket].first = this.behind
    else:
        kept[before].behind = this.behind
    kept[this.older].newer = this.newer
    kept[this.newer].older = this.older
    this.behind = rep.spare
    rep.spare = place
    rep.idle -= this.blocks
    return this.blocks  # type: ignore[no-any-return]


@called
def keep(kept: Kept, rep: Any, text: int, blocks: int) -> None:  # pragma: no cover - compiled
    """A text was used: it is the last to go, with as many blocks as anybody has left of it."""
    blocks = max(blocks, take(kept, rep, text))
    if blocks == 0:
        return
    place = rep.spare
    if place == 0:
        rep.texts += 1
        place = rep.texts
    else:
        rep.spare = kept[place].behind
    this, bucket = kept[place], text % len(kept)
    this.text = text
    this.blocks = blocks
    this.behind = kept[bucket].first
    kept[bucket].first = place
    this.older = kept[0].older
    this.newer = 0
    kept[this.older].newer = place
    kept[0].older = place
    rep.idle += blocks


@called
def evict(kept: Kept, rep: Any, blocks: int) -> None:  # pragma: no cover - compiled
    """Give blocks to others, from the end of the text used longest ago on, until no more than *blocks* are left."""
    while rep.idle > blocks:
        oldest = kept[kept[0].newer]
        less = min(oldest.blocks, rep.idle - blocks)
        oldest.blocks -= less
        rep.idle -= less
        if oldest.blocks == 0:
            take(kept, rep, oldest.text)
