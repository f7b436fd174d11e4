"""Colour only where it is wanted; characters only where they can be seen."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from retinue.render.escape import clipped, key, literal, paragraph, quoted, visible
from retinue.render.objects import human_size
from retinue.render.style import Style, Tone, style_for


@pytest.mark.parametrize(
    ("environ", "terminal", "colour", "expected"),
    [
        ({}, True, None, True),
        ({}, False, None, False),
        ({"NO_COLOR": "1"}, True, None, False),
        ({"NO_COLOR": ""}, True, None, True),
        ({"TERM": "dumb"}, True, None, False),
        ({"FORCE_COLOR": "1"}, False, None, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, None, False),
        ({"NO_COLOR": "1"}, False, True, True),
        ({}, True, False, False),
    ],
)
def test_colour_is_for_terminals_unless_somebody_says_otherwise(
    environ: Mapping[str, str],
    *,
    terminal: bool,
    colour: bool | None,
    expected: bool,
) -> None:
    style = style_for(environ, terminal=terminal, colour=colour, width=99)
    assert style == Style(colour=expected, width=99, terminal=terminal)


def test_words_of_a_merged_line_are_bracketed_without_colour() -> None:
    assert Style().paint("a", Tone.OUT) == "[-a-]"
    assert Style().paint("a", Tone.GOOD) == "a"
    assert Style(colour=True).paint("a", Tone.OUT) == "\x1b[9;31ma\x1b[0m"


def test_no_two_tones_are_one() -> None:
    assert len(Tone) == len(Tone.__members__)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, and 数学 … é ñ 😀 \U0001f3fd", "plain, and 数学 … é ñ 😀 \U0001f3fd"),
        ("\x00\x1b\x7f\x85\x9b", "\\u0000\\u001b\\u007f\\u0085\\u009b"),
        ("a\tb\r\n", "a\\tb\\r\\n"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("a\u200db", "a\\u200db"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\u2764\ufe0f\ufe01\ufe02", "\u2764\ufe0f\\ufe01\\ufe02"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_what_can_not_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_sizes() -> None:
    sizes = [human_size(n) for n in (0, 1, 999, 1_000, 2_500_000, 512_000_000, 7 * 10**12)]
    assert sizes == ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "2.5 MB", "512.0 MB", "7000.0 GB"]


def test_literals_and_keys() -> None:
    assert quoted('a"b\n') == '"a\\"b\\n"'
    assert literal({"a": [1, None, True]}) == '{"a": [1, null, true]}'
    assert (key("top_p"), key("a b"), key("")) == ("top_p", '"a b"', '""')
    assert paragraph("a\tb\nc\x1b") == "a   b\nc\\u001b"
    assert (clipped("abc", 3), clipped("abcd", 3)) == ("abc", "abc … (1 more character)")
