"""How much of a file is looked at, and the one exception of extraction."""

from __future__ import annotations

TEXT_BYTES = 64 * 1024 * 1024
"""More text than this is more than ``TOKENS`` in any language, or blanks."""
TOKENS = 5_000_000
"""What OpenAI documents as the most that a file in a vector store may hold."""
PAGES = 10_000
PARTS = 20_000
UNPACKED_BYTES = 256 * 1024 * 1024
RATIO = 200
"""Word's own XML shrinks by a factor of 10 to 50; a bomb's by up to 1,000."""
RATIO_FROM_BYTES = 8 * 1024 * 1024
"""Small parts may shrink by any factor: they can't do harm."""


class Unreadable(Exception):
    """No text comes out of a file. ``fault`` is a key of ``contents.FAULTS``."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault
