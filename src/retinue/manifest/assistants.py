"""Building assistants: texts composed, tools resolved, each as it is on its target."""

from __future__ import annotations

from typing import Any

from retinue.manifest.checks import build_checks
from retinue.manifest.context import Context, Declaration
from retinue.manifest.files import lifecycle
from retinue.manifest.functions import check_schema
from retinue.manifest.instructions import compose_text
from retinue.manifest.model import Assistant, Json
from retinue.manifest.references import refer_to, resolved_list
from retinue.manifest.schema import ASSISTANT_FIELDS, MAX_INSTRUCTIONS
from retinue.manifest.tools import build_tools
from retinue.manifest.upgrade import read_first_api
from retinue.manifest.variants import as_on, idle_targets, target_of


def build_assistants(context: Context) -> None:
    """Add every declared assistant, and what the first API's form implies.

    Variants for targets that are not in force are built aside, so that what is wrong with them is
    known, and nothing that only they need is uploaded.
    """
    owners = context.of_kind("assistant")
    for owner in owners:
        assistant = _assistant(context, owner, target_of(context, owner))
        context.resources[owner.address] = assistant
    aside = context.apart()
    for owner in owners:
        for target in idle_targets(context, owner):
            context.idle.append(_assistant(aside, owner, target))


def _assistant(context: Context, declared: Declaration, target: str) -> Assistant:
    owner = as_on(declared, target)
    tools = build_tools(context, owner, read_first_api(context, owner))
    return Assistant(
        address=owner.address,
        target=target,
        fields=_fields(context, owner),
        tools=tools,
        environment=refer_to(context, owner, "environment", "environment"),
        vaults=resolved_list(context, owner, "vault", "vaults"),
        lifecycle=lifecycle(owner.value),
        checks=build_checks(context, owner, tools) if _has_checks(context, owner, target) else (),
        places=owner.places,
    )


def _has_checks(context: Context, owner: Declaration, target: str) -> bool:
    """Checks are of the target in force, and of a variant that names its own."""
    return target == target_of(context, owner) or "checks" in owner.elsewhere


def _fields(context: Context, owner: Declaration) -> dict[str, Json]:
    fields = owner.pick(ASSISTANT_FIELDS)
    if "instructions" in fields:
        fields["instructions"] = _instructions(context, owner)
    _check_response_format(context, owner, fields.get("response_format"))
    return {"name": owner.address.name, **fields}


def _instructions(context: Context, owner: Declaration) -> str:
    text = compose_text(context, owner, "instructions")
    if len(text) > MAX_INSTRUCTIONS:
        context.report(
            "TOO-LONG",
            owner.places.at("instructions"),
            f"instructions has {len(text):,} characters; at most {MAX_INSTRUCTIONS:,} are allowed",
            "shorten it, or move knowledge into files",
        )
    return text


def _check_response_format(context: Context, owner: Declaration, written: Any) -> None:
    body = written.get("json_schema") if isinstance(written, dict) else None
    schema = body.get("schema") if isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(schema, dict):
        path = owner.places.whole("response_format", "json_schema", "schema")
        check_schema(context, owner.document, path, schema, strict=body.get("strict") is True)
