"""What happens in a turn, as typed events in the order in which it happens.

A turn is a sequence of messages and groups of tool calls, closed by one ``Ended``. Within a
message come ``TextAdded``; within a group, per call: ``CallOpened``, ``CallGrew`` (arguments),
``CallReady``, and for tools that run here ``CallDone``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from retinue.local.turns.items import NO_USAGE, Made, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class Citation:
    """Characters ``start`` to ``end`` of a message refer to a passage of a file."""

    start: int
    end: int
    text: str
    file_id: str
    filename: str


@dataclass(frozen=True, slots=True)
class FileLink:
    """Characters ``start`` to ``end`` of a message link to a file that code wrote."""

    start: int
    end: int
    text: str
    file_id: str
    filename: str


Annotation: TypeAlias = Citation | FileLink


@dataclass(frozen=True, slots=True)
class MessageOpened:
    """The model starts to speak. ``images`` are shown before the text."""

    images: tuple[Made, ...] = ()


@dataclass(frozen=True, slots=True)
class TextAdded:
    """More text, or more annotations of text that was sent before."""

    text: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageClosed:
    """The whole message. ``usage`` is of the model's reply, zero if tool calls follow in it."""

    text: str
    annotations: tuple[Annotation, ...] = ()
    images: tuple[Made, ...] = ()
    usage: Usage = NO_USAGE
    cut: bool = False


@dataclass(frozen=True, slots=True)
class GroupOpened:
    """The model starts to call tools."""


@dataclass(frozen=True, slots=True)
class CallOpened:
    """A call begins; its arguments are still to come."""

    index: int
    call: ToolCall


@dataclass(frozen=True, slots=True)
class CallGrew:
    """More of a call's arguments."""

    index: int
    call: ToolCall
    delta: str


@dataclass(frozen=True, slots=True)
class CallReady:
    """The arguments are complete; a tool that runs here starts now."""

    index: int
    call: ToolCall


@dataclass(frozen=True, slots=True)
class CallDone:
    """A tool that runs here has finished."""

    index: int
    call: ToolCall


@dataclass(frozen=True, slots=True)
class GroupClosed:
    """All calls of the group, done or left to the client (``output`` None)."""

    calls: tuple[ToolCall, ...]
    usage: Usage


EndStatus: TypeAlias = Literal["completed", "requires_action", "incomplete", "failed"]


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event. ``reason`` is why it is incomplete, or the error's code."""

    status: EndStatus
    usage: Usage
    reason: str | None = None
    message: str | None = None
    pending: tuple[ToolCall, ...] = ()


Event: TypeAlias = (
    MessageOpened
    | TextAdded
    | MessageClosed
    | GroupOpened
    | CallOpened
    | CallGrew
    | CallReady
    | CallDone
    | GroupClosed
    | Ended
)
