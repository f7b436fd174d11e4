"""The text of a file, whatever its format; ``text_of`` is the one door.

Everything here works on bytes that nobody vouches for. Sizes are bounded while they grow, never
believed; time and memory are bounded by the process that this runs in (``search.process``).
Nothing is fetched, no path from inside a file is used.
"""

from __future__ import annotations

from typing import BinaryIO

from retinue.local.search.extraction import limits
from retinue.local.search.extraction.limits import Unreadable

__all__ = ["Unreadable", "is_markup", "text_of"]

_PDF = b"%PDF-"
_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0"
_MARKUP_NAMES = (".html", ".htm", ".xhtml")
_MARKUP_STARTS = ("<!doctype html", "<html")


def text_of(file: BinaryIO, *, filename: str, encoding: str | None) -> str:
    """The text of ``file``, which must be seekable; ``encoding`` is that of a plain text.

    Raises Unreadable, with one of the faults that ``contents.FAULTS`` knows.
    """
    head = file.read(8)
    file.seek(0)
    if encoding is not None:
        text = _plain_text(file, filename, encoding)
    elif head.startswith(_PDF):
        from retinue.local.search.extraction.pdf import pdf_text

        text = pdf_text(file)
    elif head.startswith(_ZIP):
        from retinue.local.search.extraction.office import office_text

        text = office_text(file)
    else:
        raise Unreadable("old_office" if head.startswith(_OLE) else "unsupported_file")
    return _storable(text)


def is_markup(filename: str, start: str) -> bool:
    """Whether a text is HTML, by its name or its first words."""
    return filename.lower().endswith(_MARKUP_NAMES) or start.lstrip().lower().startswith(
        _MARKUP_STARTS
    )


def _plain_text(file: BinaryIO, filename: str, encoding: str) -> str:
    data = file.read(limits.TEXT_BYTES + 1)
    if len(data) > limits.TEXT_BYTES:
        raise Unreadable("too_long")
    text = data.decode(encoding, "replace")
    if is_markup(filename, text[:1024]):
        from retinue.local.search.extraction.markup import visible_text

        text = visible_text(text)
    return text


def _storable(text: str) -> str:
    """Documents can hold halves of surrogate pairs and zeros, which are no text to SQLite."""
    if len(text) > limits.TEXT_BYTES:
        raise Unreadable("too_long")
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not text or text.isspace():
        raise Unreadable("no_text")
    return text
