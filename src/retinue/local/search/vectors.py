"""Vectors of texts as the index keeps them: of length 1, float32, with their signs. Pure.

The cosine of two such vectors is the sum of their products. ``signs`` has a bit for each number,
set where it is positive: how many bits of two vectors differ is a cheap guess at the angle between
them, good enough to choose whom to compare exactly.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

MOST_NUMBERS = 8192


@dataclass(frozen=True, slots=True)
class Vector:
    """A direction. ``numbers`` are float32, lowest byte first; made by ``of`` or ``stored``."""

    numbers: array[float]

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Vector | None:
        """The direction of ``numbers``; None where they have none."""
        length = math.sqrt(sum(map(mul, numbers, numbers)))
        if not (0 < length < math.inf):  # false for NaN, too
            return None
        return cls(array("f", (each / length for each in numbers)))

    @classmethod
    def stored(cls, blob: bytes) -> Vector:
        """What ``blob`` wrote."""
        numbers = array("f")
        numbers.frombytes(blob)
        if sys.byteorder == "big":
            numbers.byteswap()
        return cls(numbers)

    def blob(self) -> bytes:
        """The numbers for the database, the same on every machine."""
        numbers = self.numbers
        if sys.byteorder == "big":
            numbers = numbers[:]
            numbers.byteswap()
        return numbers.tobytes()

    def signs(self) -> int:
        """A bit for each number."""
        return int("".join("1" if each > 0 else "0" for each in self.numbers), 2)

    def signs_blob(self) -> bytes:
        """``signs`` for the database."""
        return self.signs().to_bytes((len(self.numbers) + 7) // 8, "big")

    def cosine(self, other: Vector) -> float | None:
        """How alike two vectors are: from 0, not at all or opposite, to 1.

        None for vectors of different lengths: they are of different models.
        """
        if len(self.numbers) != len(other.numbers):
            return None
        product: float = sum(map(mul, self.numbers, other.numbers))
        return min(max(product, 0.0), 1.0)
