"""Warnings: what works, but is hardly what was meant. Nothing here stops a plan.

That nothing uses a vault, a skill or an environment is no warning: applications can, by their IDs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from retinue.address import Address
from retinue.manifest.keys import redacted
from retinue.manifest.model import (
    Assistant,
    Credential,
    Declared,
    Function,
    FunctionTool,
    Json,
    Mcp,
)
from retinue.problem import Problem

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


def lint(
    resources: Mapping[Address, Declared], idle: Iterable[Assistant] = ()
) -> Iterator[Problem]:
    """Yield the warnings about a whole manifest without errors; ``idle`` is as in `Context`.

    Many rest on something that isn't there, which a resource with errors may only lack by them.
    """
    assistants = [each for each in resources.values() if isinstance(each, Assistant)]
    yield from _unused_functions(resources, [*assistants, *idle])
    for assistant in (*assistants, *idle):
        yield from _json_without_the_word(assistant)
        yield from _credentials_apart(resources, assistant)
        yield from _credentials_of_others(resources, assistant)


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
    for _, tool, known in _credentials_used(resources, assistant):
        if known.vault not in assistant.vaults:
            yield Problem(
                code="RTN-MANIFEST-CREDENTIAL-APART",
                place=assistant.places.at("vaults"),
                message=f"{known.address}, which {tool.label} needs, is in none of these vaults",
                hint="add its vault to vaults:",
                severity="warning",
            )


def _credentials_of_others(
    resources: Mapping[Address, Declared], assistant: Assistant
) -> Iterator[Problem]:
    """A credential of an MCP server is sent to that server, and to no other."""
    for index, tool, known in _credentials_used(resources, assistant):
        asked, opened = tool.options.get("server_url"), known.auth.get("mcp_server_url")
        if asked is not None and opened is not None and _server(asked) != _server(opened):
            message = f"the tool {tool.label} is at {asked}, but {known.address} opens {opened}"
            yield Problem(
                code="RTN-MANIFEST-CREDENTIAL-URL",
                place=assistant.places.at("tools", index, "server_url"),
                message=redacted(message),
                hint="write the same address in both",
                severity="warning",
            )


def _server(url: Json) -> object:
    """What of an address tells servers apart: not the case of the host, nor a slash at the end."""
    text = str(url)
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # it is no address: the platform will say so
        return text
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/"), parts.query


def _credentials_used(
    resources: Mapping[Address, Declared], assistant: Assistant
) -> Iterator[tuple[int, Mcp, Credential]]:
    """Index, tool and credential of every tool that names a declared one."""
    for index, tool in enumerate(assistant.tools or ()):
        if isinstance(tool, Mcp) and isinstance(tool.credential, Address):
            known = resources.get(tool.credential)
            if isinstance(known, Credential):
                yield index, tool, known
