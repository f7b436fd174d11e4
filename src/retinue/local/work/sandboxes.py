"""The sandboxes of one application, by conversation; they belong to one event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from retinue.local.platform import Platform
from retinue.local.sandbox import Sandbox, Sessions


@dataclass(frozen=True, slots=True)
class _Held:
    loop: asyncio.AbstractEventLoop
    sessions: Sessions


def sessions_of(platform: Platform, sandbox: Sandbox) -> Sessions:
    """The application's sessions, made when they are first needed."""
    loop = asyncio.get_running_loop()
    held = platform.kept.get(_KEY)
    if not isinstance(held, _Held) or held.loop is not loop:
        held = platform.kept[_KEY] = _Held(loop, Sessions(sandbox))
    return held.sessions


async def close(platform: Platform) -> None:
    """End every sandbox of the application."""
    held = platform.kept.pop(_KEY, None)
    if isinstance(held, _Held) and held.loop is asyncio.get_running_loop():
        await held.sessions.close()


_KEY = "sandboxes"
