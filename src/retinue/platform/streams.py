"""Server-sent events as the SDK decodes them, with our errors in the place of the libraries'."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from retinue.errors import Unavailable
from retinue.kinds.api import Object
from retinue.platform.failures import translate
from retinue.platform.promises import broken

if TYPE_CHECKING:
    import openai


async def events_of(
    answer: openai.AsyncStream[object], *, where: str, name: str
) -> AsyncIterator[Object]:
    """Every event of an open stream; ``where`` and ``name`` are the request and the platform.

    Raises:
        PlatformError: the platform reports one, or (`Unavailable`) the stream broke off.
    """
    import httpx2
    import openai

    try:
        async for event in answer:
            if isinstance(event, dict):
                yield event
    except httpx2.HTTPError as error:
        reason = f"{type(error).__name__}: {error}"
        raise Unavailable(f"{where}: the answer broke off ({reason})") from error
    except openai.APIError as error:
        raise translate(error, where=where, base_url=name) from error
    except (ValueError, RecursionError) as error:
        raise broken(where, "an event is not JSON") from error
