"""Puts together what a turn may ask for, from what the platform has."""

from __future__ import annotations

from retinue.local.ids import new_id
from retinue.local.platform import Platform
from retinue.local.turns.ports import World
from retinue.local.work.interpreting import SandboxInterpreter
from retinue.local.work.searching import StoreSearch


def world_of(platform: Platform, conversation: str) -> World:
    """The world of one turn; ``conversation`` names the sandbox that its code shares."""
    interpreter = SandboxInterpreter(platform, conversation)
    return World(platform.model, StoreSearch(platform), interpreter, new_id)
