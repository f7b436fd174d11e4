"""The text of a PDF, page by page. Pictures of text stay pictures.

pypdf is pure Python, so a hostile file can waste time and memory at worst, and it bounds what a
compressed stream may become. A document that only forbids printing or copying opens with an empty
password and is read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import BinaryIO

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.errors import (
    DependencyError,
    FileNotDecryptedError,
    LimitReachedError,
    WrongPasswordError,
)

from retinue.local.search.extraction import limits
from retinue.local.search.extraction.limits import Unreadable

_LOCKED = (DependencyError, FileNotDecryptedError, WrongPasswordError)


def pdf_text(file: BinaryIO) -> str:
    """The pages' texts, with an empty line between two. Raises Unreadable."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        return "\n\n".join(_bounded(_texts(_pages(file))))
    except (Unreadable, MemoryError):
        raise
    except LimitReachedError as error:
        raise Unreadable("bomb") from error
    except _LOCKED as error:
        raise Unreadable("encrypted") from error
    except Exception as error:
        # A damaged file meets assumptions anywhere in the parser: no list of errors is complete.
        raise Unreadable("damaged") from error


def _pages(file: BinaryIO) -> Iterator[PageObject]:
    reader = PdfReader(file, strict=False)
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Unreadable("encrypted")
    if len(reader.pages) > limits.PAGES:
        raise Unreadable("too_long")
    return iter(reader.pages)


def _texts(pages: Iterator[PageObject]) -> Iterator[str]:
    """The text of every page that can be read. Raises what the last one did if none could."""
    failure: Exception | None = None
    read = 0
    for page in pages:
        try:
            yield page.extract_text()
            read += 1
        except (LimitReachedError, MemoryError, *_LOCKED):
            raise
        except Exception as error:  # noqa: BLE001 - one broken page must not lose the others
            failure = error
    if failure is not None and not read:
        raise failure


def _bounded(texts: Iterator[str]) -> Iterator[str]:
    length = 0
    for text in texts:
        length += len(text)
        if length > limits.TEXT_BYTES:
            raise Unreadable("too_long")
        yield text
