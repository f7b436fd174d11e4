"""Text as the words that the index compares: the same for chunks and for queries. Pure.

Case, accents and compatibility forms don't count, English endings hardly do (``stem``). Scripts
that write no spaces are cut into single signs and pairs of signs. Every term is made of letters
and digits alone, so a query can hold nothing that SQLite's match expressions would act on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

MOST_QUERY_TERMS = 64
_LONGEST = 64

_ACCENTS = re.compile("[\u0300-\u036f]+")
_ASCII_WORD = re.compile("[a-z0-9]+")
# Signs of scripts without spaces: Thai to Myanmar, Khmer, kana, Han, Hangul.
_PACKED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs of Indic scripts are marks, not letters, to Python.
_WORD = re.compile(
    f"[{_PACKED}]+|(?:(?![{_PACKED}])[^\\W_]|[\u0900-\u0963\u0970-\u0dff])+",
)
_PACKED_RUN = re.compile(f"[{_PACKED}]+")

STOP_WORDS = frozenset(
    _ASCII_WORD.findall(
        "a about all an and any are as at be been but by can could did do does for from had has"
        " have how i if in into is it its may me my of on or our shall she should so some such"
        " tell than that the their them then there these they this those to was we were what when"
        " where which who whom whose why will with would you your"
    )
)
"""Left out of a query that says anything else."""


def terms_of(text: str) -> list[str]:
    """The terms of a text in order, for the index."""
    return [term for word in _words(text) for term in _index_terms(word)]


def query_terms(query: str) -> tuple[str, ...]:
    """The distinct terms to look for, at most ``MOST_QUERY_TERMS`` of them."""
    words = list(_words(query))
    telling = [word for word in words if word not in STOP_WORDS] or words
    found = dict.fromkeys(term for word in telling for term in _query_terms(word))
    return tuple(found)[:MOST_QUERY_TERMS]


def _words(text: str) -> Iterator[str]:
    if text.isascii():
        return iter(_ASCII_WORD.findall(text.lower()))
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return iter(_WORD.findall(unicodedata.normalize("NFC", bare)))


def _index_terms(word: str) -> tuple[str, ...]:
    if word.isascii():
        return (stem(word[:_LONGEST]),)
    if _PACKED_RUN.match(word):
        return (*word, *_pairs(word))
    return (word[:_LONGEST],)


def _query_terms(word: str) -> tuple[str, ...]:
    if len(word) > 1 and _PACKED_RUN.match(word):
        return _pairs(word)
    return _index_terms(word)


def _pairs(word: str) -> tuple[str, ...]:
    return tuple(word[place : place + 2] for place in range(len(word) - 1))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """``word`` without the commonest English endings; what is left need not be a word.

    Only the common cases (files/file, provisioning/provisioned): what counts is that the forms
    meet, and that words of other languages are rarely harmed.
    """
    if len(word) < 4 or not word.isalpha():
        return word
    return _without_e(_without_verb_ending(_without_plural(word)))


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_VOWEL = re.compile("[aeiouy]")


def _without_verb_ending(word: str) -> str:
    for ending in ("ing", "ed", "ly"):
        start = word.removesuffix(ending)
        if start != word and len(start) > 2 and _VOWEL.search(start):
            doubled = start[-1] == start[-2] and start[-1] not in "lsz"
            return start[:-1] if doubled else start
    return word


def _without_e(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("e") else word
