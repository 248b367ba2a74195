"""The sizes of GPT-2 small, which are of use without torch too."""

from __future__ import annotations

VOCABULARY = 50_257
CONTEXT = 1024
"""Most tokens of a sequence."""
LAYERS = 12
WIDTH = 768
HEADS = 12
