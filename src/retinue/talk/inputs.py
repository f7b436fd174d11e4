"""Questions with files, as the input of responses and of sessions.

Pictures are in the message itself: nothing is left behind, and a conversation that goes on later
still has them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final

from retinue.errors import UsageError
from retinue.kinds.base import Upload
from retinue.talk.attaching import IMAGES, is_image

MOST_PICTURE: Final = 15_000_000
"""Bytes of a picture: as text in a message it may have 20,971,520 characters."""


def message(content: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What a user says, in parts."""
    return {"role": "user", "content": list(content)}


def parts(question: str, files: Sequence[Upload]) -> list[dict[str, Any]]:
    """The question and the pictures among ``files``.

    Raises:
        UsageError: a picture is too large.
    """
    pictures = [
        {"type": "input_image", "image_url": _url(file)} for file in files if is_image(file)
    ]
    return [{"type": "input_text", "text": question}, *pictures]


def _url(file: Upload) -> str:
    if file.size > MOST_PICTURE:
        raise UsageError(
            f"{file.shown} is too large for a picture: {file.size:,} bytes",
            hint=f"at most {MOST_PICTURE:,} bytes can be sent along",
        )
    data = base64.b64encode(file.path.read_bytes()).decode("ascii")
    return f"data:{IMAGES[file.path.suffix.lower()]};base64,{data}"
