"""What the code printed and showed, in order and bounded: the beginning, and the very end.

The end is kept because that is where a traceback stands. Pure: no pipes, no processes.
"""

from __future__ import annotations

from collections.abc import Iterator

_TAIL_SHARE = 4


class Transcript:
    """Collects text and images; keeps at most ``limit`` bytes of text."""

    def __init__(self, limit: int) -> None:
        self._tail_limit = limit // _TAIL_SHARE
        self._room = limit - self._tail_limit
        self._parts: list[tuple[str, bytearray]] = []
        self._tail = bytearray()
        self._dropped = 0
        self.seen = 0

    def text(self, data: bytes) -> None:
        """Take what was printed."""
        self.seen += len(data)
        head, rest = data[: self._room], data[self._room :]
        self._room -= len(head)
        if head:
            self._text_part().extend(head)
        self._tail += rest
        surplus = max(0, len(self._tail) - self._tail_limit)
        self._dropped += surplus
        del self._tail[:surplus]

    def image(self, data: bytes) -> None:
        """Take a picture that was shown."""
        self._parts.append(("image", bytearray(data)))

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Pairs of "text" or "image" and its bytes, in the order in which they came."""
        for kind, data in self._parts:
            yield kind, bytes(data)
        if self._dropped:
            yield "text", b"\n[... %d bytes of output left out ...]\n" % self._dropped
        if self._tail:
            yield "text", bytes(self._tail)

    def _text_part(self) -> bytearray:
        if not self._parts or self._parts[-1][0] != "text":
            self._parts.append(("text", bytearray()))
        return self._parts[-1][1]
