"""Instructions as files: long ones leave the manifest for a prompt beside it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from retinue.operations.dumps.report import Remark

LONGEST: Final = 240
"""Characters of instructions that may stay in the manifest."""
MOST_LINES: Final = 4

_ODD: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""Characters that are safe as escapes alone, and line ends that some editors rewrite."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text of a prompt file, and what is not as it was."""

    text: str
    remarks: tuple[Remark, ...] = ()


def prompt_of(instructions: str) -> Prompt | None:
    """The file for these instructions; None where they read better, or only, in the manifest."""
    if len(instructions) <= LONGEST and instructions.count("\n") < MOST_LINES:
        return None
    text = instructions.replace("\r\n", "\n")
    if not _plain(text):
        return None
    remarks = []
    if text != instructions:
        remarks.append(Remark("changed", "instructions", "lines end in LF, no longer in CR LF"))
    kept = text.rstrip("\n")
    if kept != text:
        remarks.append(Remark("changed", "instructions", "without the line ends at its end"))
    return Prompt(kept.replace("${", "$${") + "\n", tuple(remarks))


def _plain(text: str) -> bool:
    """Whether a file can hold it as it is, and an editor shows all of it."""
    return bool(text.strip()) and not text.startswith("\ufeff") and not _ODD.search(text)


def one_line(text: str) -> str:
    """A text that is safe in a comment."""
    return "".join(each if each.isprintable() else "?" for each in text)
