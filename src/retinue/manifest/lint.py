"""Warnings: what works, but is hardly what was meant. Nothing here stops a plan.

That nothing uses a vault, a skill or an environment is no warning: applications can, by their IDs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from retinue.address import Address
from retinue.manifest.model import Assistant, Credential, Declared, Function, FunctionTool, Mcp
from retinue.problem import Problem


def lint(
    resources: Mapping[Address, Declared], idle: Iterable[Assistant] = ()
) -> Iterator[Problem]:
    """Yield the warnings about a whole manifest; ``idle`` is as in `Context`."""
    assistants = [each for each in resources.values() if isinstance(each, Assistant)]
    yield from _unused_functions(resources, [*assistants, *idle])
    for assistant in (*assistants, *idle):
        yield from _json_without_the_word(assistant)
        yield from _credentials_apart(resources, assistant)


def _unused_functions(
    resources: Mapping[Address, Declared], assistants: list[Assistant]
) -> Iterator[Problem]:
    used = {
        tool.source
        for assistant in assistants
        for tool in assistant.tools or ()
        if isinstance(tool, FunctionTool)
    }
    for each in resources.values():
        if isinstance(each, Function) and each.address not in used:
            yield Problem(
                code="RTN-MANIFEST-UNUSED-FUNCTION",
                place=each.places.at(),
                message=f"no assistant uses {each.address}",
                hint="add it to the tools of one, or remove it",
                severity="warning",
            )


def _json_without_the_word(assistant: Assistant) -> Iterator[Problem]:
    """The platform refuses every run in JSON mode whose prompt does not speak of JSON."""
    written = assistant.fields.get("response_format")
    text = assistant.fields.get("instructions", "")
    wants_json = isinstance(written, dict) and written.get("type") == "json_object"
    if wants_json and isinstance(text, str) and "json" not in text.lower():
        yield Problem(
            code="RTN-MANIFEST-JSON-WORD",
            place=assistant.places.at("response_format"),
            message=f"{assistant.address} answers in JSON, but its instructions don't say so",
            hint="write into the instructions that the answer is JSON",
            severity="warning",
        )


def _credentials_apart(
    resources: Mapping[Address, Declared], assistant: Assistant
) -> Iterator[Problem]:
    """A session gets the credentials of its vaults, and no others."""
    if assistant.vaults is None:
        return
    tools = (tool for tool in assistant.tools or () if isinstance(tool, Mcp))
    for tool in tools:
        known = resources.get(tool.credential) if isinstance(tool.credential, Address) else None
        if isinstance(known, Credential) and known.vault not in assistant.vaults:
            yield Problem(
                code="RTN-MANIFEST-CREDENTIAL-APART",
                place=assistant.places.at("vaults"),
                message=f"{known.address}, which {tool.label} needs, is in none of these vaults",
                hint="add its vault to vaults:",
                severity="warning",
            )
