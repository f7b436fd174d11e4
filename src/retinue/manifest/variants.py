"""Variants of assistants: what one says for a single target, in the place of what it says for all.

Under ``targets:`` of an assistant, a key takes the place of the same key; null leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from retinue.manifest.context import Context, Declaration


def target_of(context: Context, owner: Declaration) -> str:
    """Return the target in force: the forced one, else the assistant's own, else the project's."""
    return str(context.forced or owner.value.get("target") or context.target)


def as_on(owner: Declaration, target: str) -> Declaration:
    """Return ``owner`` as it is on ``target``; its places point into the variant."""
    variant = owner.value.get("targets", {}).get(target)
    if not variant:
        return owner
    path = (*owner.path, "targets", target)
    others = {key: value for key, value in owner.value.items() if key not in variant}
    named = {key: value for key, value in variant.items() if value is not None}
    elsewhere = {key: (*path, key) for key in variant}
    return replace(owner, value={**others, **named}, elsewhere=elsewhere)


def idle_targets(context: Context, owner: Declaration) -> Iterator[str]:
    """Yield the targets that ``owner`` has a variant for, but that are not in force."""
    in_force = target_of(context, owner)
    yield from (target for target in owner.value.get("targets", {}) if target != in_force)
