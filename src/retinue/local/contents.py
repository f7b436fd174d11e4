"""Tells text from documents from noise, and gives text back decoded.

Decides, while a file streams in, whether a vector store could index it later. It reads bytes and
names only; what the index does with the text is not its business.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

_ZIP_DOCUMENTS = (".docx", ".pptx", ".xlsx", ".odt", ".epub")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DOCUMENT = "document"
_HEAD_BYTES = 8

EMPTY = "invalid_file"
NOISE = "unsupported_file"

_INVALID, _UNSUPPORTED = "invalid_file", "unsupported_file"

FAULTS = {
    EMPTY: (_INVALID, "The file is empty and could not be processed."),
    NOISE: (
        _UNSUPPORTED,
        "The file type is not supported: it is neither text nor a known document format.",
    ),
    "old_office": (
        _UNSUPPORTED,
        "The file is an old binary or a password-protected Office document: save it as .docx.",
    ),
    "other_document": (
        _UNSUPPORTED,
        "The file type is not supported: of documents, PDF, .docx and .pptx can be read.",
    ),
    "damaged": (_INVALID, "The document is damaged: no text could be extracted from it."),
    "encrypted": (
        _INVALID,
        "The document is encrypted: attach a copy that opens without a password.",
    ),
    "no_text": (
        _INVALID,
        "The document holds no text. Scanned pages need character recognition first.",
    ),
    "too_long": (
        _INVALID,
        "The file holds more than 5,000,000 tokens of text: split it into several files.",
    ),
    "bomb": (
        _INVALID,
        "The document unpacks to far more data than a document of its size holds; refused.",
    ),
    "entities": (
        _INVALID,
        "The document declares XML entities, which no Office program writes; refused.",
    ),
    "exhausting": (
        _INVALID,
        "Extracting the text took more time or memory than a document may take; stopped.",
    ),
    "crashed": (
        "server_error",
        "Indexing the file failed. See the server's log; attach the file again to retry.",
    ),
}
"""Why a file can't be indexed, as ``attachments.fault`` and ``files.fault`` hold it: code and
sentence of a vector store file's ``last_error``."""


class Inspector:
    """Looks at a file's bytes as they pass. Feed everything, then ask ``verdict``."""

    def __init__(self, filename: str) -> None:
        self._filename = filename.lower()
        self._head = b""
        self._encoding: str | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self.size = 0

    def feed(self, data: bytes) -> None:
        """Look at the next bytes."""
        guessed = self.size >= _HEAD_BYTES
        self.size += len(data)
        if guessed:
            self._decode(data, final=False)
            return
        self._head += data
        if self.size >= _HEAD_BYTES:
            self._start()

    def verdict(self) -> tuple[str | None, str | None]:
        """(text encoding or None, fault code or None) of the whole file."""
        if self.size == 0:
            return None, EMPTY
        if self.size < _HEAD_BYTES:
            self._start()
        self._decode(b"", final=True)
        if self._encoding is None:
            return None, NOISE
        return (None if self._encoding == _DOCUMENT else self._encoding), None

    def _start(self) -> None:
        self._encoding = self._guess(self._head)
        if self._encoding not in (None, _DOCUMENT):
            self._decoder = codecs.getincrementaldecoder(str(self._encoding))()
        self._decode(self._head, final=False)
        self._head = b""

    def _guess(self, start: bytes) -> str | None:
        if start.startswith((b"%PDF-", _OLE_MAGIC)):
            return _DOCUMENT
        if start.startswith(b"PK"):
            return _DOCUMENT if self._filename.endswith(_ZIP_DOCUMENTS) else None
        return "utf-16" if start.startswith(_UTF16_MARKS) else "utf-8-sig"

    def _decode(self, data: bytes, *, final: bool) -> None:
        if self._decoder is None:
            return
        try:
            noise = "\0" in self._decoder.decode(data, final)
        except UnicodeDecodeError:
            noise = True
        if noise:
            self._decoder = self._encoding = None


def decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The text of ``chunks``, piece by piece; characters may span chunks."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in chunks:
        yield decoder.decode(chunk)
