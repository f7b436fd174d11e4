"""Files to documents: bytes to text, text to values with places, and what is wrong on the way.

Never raises for what a user wrote: every flaw is a `Problem` of the document, so that one broken
file hides nothing in another. JSON files go the same way, since JSON is YAML.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml

from retinue.manifest.events import EventReader, Stop
from retinue.manifest.keys import may_hold_key
from retinue.manifest.spots import NOWHERE, Document
from retinue.problem import Place, Problem

MAX_BYTES: Final = 10 * 1024 * 1024
"""Larger files are refused unread: no manifest, prompt or function comes near it."""

_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_SURROGATES: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)")

# libyaml's words (a part of them), what they mean to a writer of manifests, and the way out.
_SYNTAX: Final = (
    (
        "mapping values are not allowed",
        "a ':' where no key can stand",
        "put text that holds ': ' in quotes, or check the indentation",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "an alias or anchor without a name",
        "to write a text that starts with * or &, put it in quotes",
    ),
    (
        "did not find expected node content",
        "a value is missing",
        "write it, or close the bracket",
    ),
    (
        "could not find expected ':'",
        "a key without a ':' after it",
        "write key: value, or check the indentation",
    ),
    (
        "did not find expected key",
        "no key where one is expected",
        "check the indentation and the quotes of the lines above",
    ),
    (
        "did not find expected '-' indicator",
        "no '- ' where a list goes on",
        "check the indentation: the entries of a list stand in one column",
    ),
    (
        "did not find expected ',' or",
        "a bracket is never closed, or a comma is missing",
        "close it, or put the text in quotes",
    ),
    ("unexpected end of stream", "a quote or bracket is never closed", "close it"),
    (
        "cannot start any token",
        "a character that no plain text can start with",
        "put the text in quotes",
    ),
    (
        "unknown escape character",
        "an escape that YAML does not know",
        "write \\\\ for a backslash, or use single quotes",
    ),
    (
        "block sequence entries are not allowed",
        "a list where none can start",
        "start the list on a line of its own",
    ),
    ("document start", "text outside of the document", "check the indentation"),
)


def read_document(path: str | Path, shown: str) -> Document:
    """Read the YAML or JSON file ``path``; ``shown`` is its name in messages."""
    text, problem = read_text(path, shown)
    if problem is not None:
        return _broken(shown, problem)
    return parse(text, shown)


def read_text(path: str | Path, shown: str) -> tuple[str, Problem | None]:
    """Read a UTF-8 file of at most `MAX_BYTES`: its text, without BOM, lines ending in LF.

    Returns the text, or an empty text and the problem.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return "", _problem(
                shown,
                "TOO-LARGE",
                f"the file has more than {MAX_BYTES:,} bytes",
                "split the file",
            )
    except OSError as error:
        return "", _problem(shown, "UNREADABLE", f"the file can't be read: {error.strerror}")
    return _decode(data, shown)


def parse(text: str, shown: str) -> Document:
    """Turn YAML or JSON ``text`` into a document. Any value is allowed at the top."""
    if bad := _UNPRINTABLE.search(text):
        return _broken(shown, _unprintable(text, bad.start(), shown))
    if shown.endswith(".json"):
        text = _SURROGATES.sub(_one_escape, text)
    reader = EventReader(text, shown)
    try:
        result = reader.read()
    except Stop as stop:
        return _broken(shown, stop.problem, *reader.problems)
    except yaml.YAMLError as error:
        return _broken(shown, _syntax(error, text, shown, reader.bracket), *reader.problems)
    if result is None:
        return _broken(shown, empty(shown))
    value, spot = result
    return Document(
        shown,
        value,
        spot,
        tuple(reader.problems),
        templated="${" in text,
        keyed=may_hold_key(text),
    )


def empty(shown: str) -> Problem:
    """Return the problem of a file that holds nothing, or comments only."""
    return _problem(shown, "EMPTY", "the file is empty", "fill it, or delete it")


def position(text: str, index: int) -> tuple[int, int]:
    """Return the 1-based line and column of ``index`` in ``text``."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _decode(data: bytes, shown: str) -> tuple[str, Problem | None]:
    hint = "save it as UTF-8 text"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", _problem(shown, "ENCODING", "the file is UTF-16", hint)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        what = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        return "", _problem(shown, "ENCODING", what, hint, position(before, len(before)))
    return text.replace("\r\n", "\n"), None


def _unprintable(text: str, index: int, shown: str) -> Problem:
    if "\0" in text:
        what, at = "a binary file", (1, 1)
    else:
        what, at = f"the control character U+{ord(text[index]):04X}", position(text, index)
    return _problem(
        shown,
        "BINARY",
        f"{what} where text is expected",
        "check that the right file is named; write the character as an escape",
        at,
    )


def _one_escape(match: re.Match[str]) -> str:
    """JSON writes a character beyond U+FFFF as two escapes, YAML as one."""
    try:
        high, low = int(match[2], 16), int(match[3], 16)
    except ValueError:
        return match[0]
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _syntax(
    error: yaml.YAMLError, text: str, shown: str, bracket: tuple[int, int] | None
) -> Problem:
    """``bracket`` is the innermost one that is still open."""
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None)
    if "end of stream" in said or "did not find expected ',' or" in said:
        mark = getattr(error, "context_mark", None) or mark  # where it was opened
    at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if bracket is not None and "node content" in said and _at_end(text, at):
        return _problem(shown, "SYNTAX", "a bracket is never closed", "close it", bracket)
    if _indented_by_tab(text, at[0]):
        return _problem(shown, "TAB", "a tab is used for indentation", "use spaces", at)
    for part, message, hint in _SYNTAX:
        if part in said:
            return _problem(shown, "SYNTAX", message, hint, at)
    return _problem(shown, "SYNTAX", f"not valid YAML or JSON: {said}", None, at)


def _at_end(text: str, at: tuple[int, int]) -> bool:
    line, column = at
    rest = "\n".join(text.split("\n")[line - 1 :])
    return not rest[column - 1 :].strip()


def _indented_by_tab(text: str, line: int) -> bool:
    lines = text.split("\n", line)
    here = lines[line - 1] if line <= len(lines) else ""
    return "\t" in here[: len(here) - len(here.lstrip())]


def _broken(shown: str, *problems: Problem) -> Document:
    return Document(shown, None, NOWHERE, problems, broken=True)


def _problem(
    shown: str, code: str, message: str, hint: str | None = None, at: tuple[int, int] = (1, 1)
) -> Problem:
    place = Place(shown, *at)
    return Problem(code=f"RTN-MANIFEST-{code}", place=place, message=message, hint=hint)
