"""Token counts where nobody counts them, and what to leave out of a history that is too long.

An estimate: a token is taken for four characters, as for English text. No tokenizer is shipped,
because every model has its own. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from retinue.local.turns.items import Answered, Asked, Item, Said, Words

_CHARACTERS = 4
_PER_ITEM = 4
_PER_PICTURE = 765

CONTEXT_TOKENS = 128_000
"""What "auto" truncation keeps at most: the window of the models that assistants usually name."""


def of_text(text: str) -> int:
    """Tokens of ``text``, about."""
    return -(-len(text) // _CHARACTERS)


def of_item(item: Item) -> int:
    """Tokens of a piece of history, about."""
    if isinstance(item, Said):
        words = (
            of_text(part.text) if isinstance(part, Words) else _PER_PICTURE for part in item.parts
        )
        return _PER_ITEM + sum(words)
    if isinstance(item, Asked):
        return _PER_ITEM + of_text(item.name) + of_text(item.arguments)
    return _PER_ITEM + of_text(item.output)


def of_items(items: Sequence[Item]) -> int:
    """Tokens of a history, about."""
    return sum(of_item(item) for item in items)


def of_prompt(instructions: str, history: Sequence[Item]) -> int:
    """Tokens of what a model is asked, about."""
    return of_text(instructions) + of_items(history)


def fit(items: Sequence[Item], budget: int) -> list[Item]:
    """The newest items that fit into ``budget`` tokens, always with the last message.

    An answer without its question, or the other way round, is left out.
    """
    kept: list[Item] = []
    room = budget
    for item in reversed(items):
        room -= of_item(item)
        if room < 0 and any(isinstance(each, Said) for each in kept):
            break
        kept.append(item)
    kept.reverse()
    asked = {item.call_id for item in kept if isinstance(item, Asked)}
    return [item for item in kept if not isinstance(item, Answered) or item.call_id in asked]
