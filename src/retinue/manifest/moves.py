"""``moved:`` and ``removed:``: where resources went, checked against what is declared.

A chain of moves (a to b, later b to c) is followed to its end, so that every state, however old,
finds the address of today.
"""

from __future__ import annotations

from retinue.address import Address
from retinue.manifest.context import Context
from retinue.manifest.declare import Entry
from retinue.manifest.model import Move, Removal
from retinue.manifest.suggest import did_you_mean
from retinue.problem import Place


def build_moves(context: Context, entries: list[Entry]) -> tuple[Move, ...]:
    """Check and resolve the ``moved:`` entries; comes after all resources are built."""
    steps: dict[Address, Move] = {}
    for entry in entries:
        step = _step(context, entry)
        if step is not None:
            _add(context, steps, step)
    ends = {source: _end(steps, source) for source in steps}
    moves = [
        Move(source, end, steps[source].place) for source, end in ends.items() if end is not None
    ]
    for source, end in ends.items():
        if end is None:
            context.report(
                "MOVED",
                steps[source].place,
                f"the moves of {source} run in a circle",
                "remove one of them",
            )
    _check_ends(context, steps, moves)
    return tuple(sorted(moves, key=lambda move: move.source))


def build_removals(context: Context, entries: list[Entry]) -> tuple[Removal, ...]:
    """Check the ``removed:`` entries: what is declared can't be removed."""
    removals: dict[Address, Removal] = {}
    for entry in entries:
        address, place = _end_of(entry, "address")
        if address is None:
            continue
        if address in context.resources or address in context.declared:
            context.report(
                "REMOVED",
                place,
                f"{address} is still declared",
                "remove its declaration, or this entry",
            )
        elif address in removals:
            context.report("REMOVED", place, f"{address} is removed twice", "keep one")
        removals[address] = Removal(address, entry.value.get("destroy", False), place)
    return tuple(removals[address] for address in sorted(removals))


def _end_of(entry: Entry, key: str) -> tuple[Address | None, Place]:
    place = entry.document.place((*entry.path, key))
    written = entry.value.get(key)  # None when the schema has refused it
    return (Address.parse(written) if written else None), place


def _step(context: Context, entry: Entry) -> Move | None:
    source, place = _end_of(entry, "from")
    target, target_place = _end_of(entry, "to")
    if source is None or target is None:
        return None
    if source.kind != target.kind:
        context.report(
            "MOVED",
            target_place,
            f"{source} can't become {target}: the kind of a resource never changes",
            "declare a new resource instead",
        )
        return None
    return Move(source, target, place)


def _add(context: Context, steps: dict[Address, Move], step: Move) -> None:
    if step.source in context.resources or step.source in context.declared:
        context.report(
            "MOVED",
            step.place,
            f"{step.source} moved, but is still declared",
            "remove its declaration, or this entry",
        )
    elif step.source in steps:
        first = steps[step.source].place
        context.report(
            "MOVED",
            step.place,
            f"{step.source} moves twice; first at {first}",
            "keep one of the two",
        )
    else:
        steps[step.source] = step


def _end(steps: dict[Address, Move], source: Address) -> Address | None:
    """Follow the moves of ``source``; None when they run in a circle."""
    seen = {source}
    at = steps[source].target
    while at in steps:
        if at in seen:
            return None
        seen.add(at)
        at = steps[at].target
    return at if at not in seen else None


def _check_ends(context: Context, steps: dict[Address, Move], moves: list[Move]) -> None:
    taken: dict[Address, Move] = {}
    for step in steps.values():
        if step.target in taken:
            context.report(
                "MOVED",
                step.place,
                f"{taken[step.target].source} and {step.source} both move to {step.target}",
                "remove one of the two",
            )
        taken.setdefault(step.target, step)
    for move in moves:
        if move.target not in context.resources and move.target not in context.declared:
            names = [str(address) for address in context.resources]
            context.report(
                "MOVED",
                move.place,
                f"{move.source} moved to {move.target}, which is not declared",
                did_you_mean(str(move.target), names),
            )
