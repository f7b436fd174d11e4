"""Building vaults and credentials: what the platform needs, with references where secrets are."""

from __future__ import annotations

import re
from typing import Any

from retinue import reserved
from retinue.manifest.context import Context, Declaration
from retinue.manifest.files import lifecycle
from retinue.manifest.model import Credential, Json, Vault
from retinue.manifest.references import refer_to
from retinue.manifest.schema_vaults import MAX_NAME_BYTES, VAULT_FIELDS
from retinue.manifest.secret import REFER_INSTEAD, WRITTEN_DOWN, is_slot, read_secret
from retinue.manifest.times import read_time
from retinue.manifest.wording import joined, shown
from retinue.problem import KeyPath

_OWN = ("name", "vault", "metadata", "lifecycle")


def build_vaults(context: Context) -> None:
    """Add every declared vault."""
    for owner in context.of_kind("vault"):
        context.resources[owner.address] = Vault(
            address=owner.address,
            fields=_fields(context, owner),
            lifecycle=lifecycle(owner.value),
            places=owner.places,
        )


def build_credentials(context: Context) -> None:
    """Add every declared credential that is in a vault."""
    for owner in context.of_kind("credential"):
        vault = refer_to(context, owner, "vault", "vault")
        fields, auth = _fields(context, owner), _auth(context, owner)
        if vault is None:
            continue
        context.resources[owner.address] = Credential(
            address=owner.address,
            vault=vault,
            fields=fields,
            auth=auth,
            lifecycle=lifecycle(owner.value),
            places=owner.places,
        )


def _fields(context: Context, owner: Declaration) -> dict[str, Json]:
    fields: dict[str, Json] = {"name": owner.address.name, **owner.pick(VAULT_FIELDS)}
    name, place = str(fields["name"]), owner.places.at("name")
    size = len(name.encode())
    if size > MAX_NAME_BYTES:
        message = f"name has {size} bytes as UTF-8; at most {MAX_NAME_BYTES} are allowed"
        context.report("TOO-LONG", place, message, "shorten it")
    if name != name.strip():
        message = f"{shown(name)} starts or ends with blanks, which the platform cuts off"
        context.report("PATTERN", place, message, "write it without them")
    return fields


def _auth(context: Context, owner: Declaration) -> dict[str, Any]:
    written = {key: value for key, value in owner.value.items() if key not in _OWN}
    auth: dict[str, Any] = _opened(context, owner, written, ())
    if "expires_at" in auth:
        read_time(context, owner, auth["expires_at"], "expires_at")
    name = str(auth.get("secret_name", ""))
    if re.fullmatch(reserved.PLACEHOLDER, name):
        context.report(
            "RESERVED",
            owner.places.at("secret_name"),
            f"the name {name} is reserved",
            "the platform keeps CODEX_… and the variables of proxies and certificates to itself: "
            "choose another",
        )
    networking = auth.get("networking", {})
    if "allowed_hosts" in networking:  # the platform keeps them so
        hosts = [host.lower() for host in networking["allowed_hosts"] if host]
        auth["networking"] = {**networking, "allowed_hosts": hosts}
    return auth


def _opened(context: Context, owner: Declaration, value: Any, path: KeyPath) -> Any:
    """Return ``value`` with a `Secret` in each slot."""
    if path and is_slot((*owner.path, *path)):
        if isinstance(value, dict):
            return read_secret(value)
        _refuse_text(context, owner, path)
    elif isinstance(value, dict):
        return {key: _opened(context, owner, inner, (*path, key)) for key, inner in value.items()}
    return value


def _refuse_text(context: Context, owner: Declaration, path: KeyPath) -> None:
    """Report text that the schema let through: `$${env:…}`, or that of an unknown type."""
    place = owner.places.at(*path)
    if not context.told(place):
        context.report("SECRET", place, f"{joined(path)} {WRITTEN_DOWN}", REFER_INSTEAD)
