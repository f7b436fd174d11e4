"""How well a passage answers a query: BM25, brought to 0 … 1. Pure.

BM25 adds up, over the terms of the query, how rare a term is times how much of it a passage has;
the latter grows with every repetition towards a limit. The score is the square root of the part
that a passage reaches of the most that is possible, so it doesn't depend on the other passages
found: 1 would be a passage that endlessly repeats every term, about 0.67 is one of average length
with every term once, 0.47 one with half of them. Rarity is counted within the stores searched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt

_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75


@dataclass(frozen=True, slots=True)
class Weights:
    """One query's terms with their rarity, and the passages' average length in terms."""

    terms: Mapping[str, float]
    average: float

    @classmethod
    def of(cls, holding: Mapping[str, int], passages: int, average: float) -> Weights:
        """``holding`` counts, for each term, those of all ``passages`` that hold it."""
        return cls(
            {
                term: log(1 + (passages - count + 0.5) / (count + 0.5))
                for term, most in holding.items()
                for count in (min(most, passages),)
            },
            max(average, 1.0),
        )

    def score(self, terms: str) -> float:
        """The score of a passage with ``terms``, joined by spaces; 0 where it has none."""
        words = terms.split()
        damping = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * len(words) / self.average)
        counted = Counter(words)
        reached = sum(
            weight * counted[term] / (counted[term] + damping)
            for term, weight in self.terms.items()
            if term in counted
        )
        most = sum(self.terms.values())
        return sqrt(reached / most) if most else 0.0
