"""Names for what had none in this project: addresses that nobody has yet. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from typing import Final

from retinue.address import Address, slug

FOLDER: Final = "imported"
"""Where new manifests go, under the manifest folder."""

MOST: Final = 60
"""Characters of a name that is made."""


def free_address(kind: str, texts: tuple[str, ...], taken: Container[Address]) -> Address:
    """An address that is not ``taken``, from the first of ``texts`` that makes a name."""
    names = (slug(_plain(text), most=MOST) for text in texts)
    stem = next(filter(None, names), kind.replace("_", "-"))
    address, number = Address(kind, stem), 2
    while address in taken:
        address, number = Address(kind, f"{stem}-{number}"), number + 1
    return address


def _plain(text: str) -> str:
    """Letters without their accents, as names have none."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))
