"""Credentials: secrets in a vault, with what each of them opens.

An ID without its vault leads nowhere, so ours is ``<vault>/<credential>``. The platform returns no
secret, and renews OAuth tokens by itself: secrets are compared with what we applied, and each is an
attribute of its own, so that a new client secret does not bring an old token back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from retinue.errors import NotFound
from retinue.kinds.api import Api, Object
from retinue.kinds.base import MARKER, Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.collection import PAGE
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.metadata import MARK, METADATA, marked_live, metadata_to_send, touches_metadata
from retinue.manifest.model import Credential, Secret

_SECRETS: Mapping[str, tuple[str, ...]] = {
    "token": ("token",),
    "access_token": ("access_token",),
    "refresh_token": ("refresh", "refresh_token"),
    "client_secret": ("refresh", "token_endpoint_auth", "client_secret"),
    "secret_value": ("secret_value",),
}
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "expires_at": ("expires_at",),
    "scope": ("refresh", "scope"),
}
_MOVABLE = {**_SECRETS, **_SETTINGS}
"""What can change in place, by attribute: where it stands in the platform's ``auth``."""

_PATHS = frozenset(_MOVABLE.values())

_UNREAD = dict.fromkeys(("token", "client_secret", "secret_value"))
"""So that what is taken over gets the secrets of the manifest: nobody knows which ones it has. Not
the tokens of OAuth: the platform may have newer ones."""


def _any_host_order(auth: Any) -> Any:
    networking = (auth or {}).get("networking") or {}
    if "allowed_hosts" not in networking:
        return auth
    hosts = sorted(networking["allowed_hosts"])
    return {**auth, "networking": {**networking, "allowed_hosts": hosts}}


CREDENTIAL = ResourceType(
    name="credential",
    kind="credential",
    title="credential",
    within="vault",
    attributes={
        "name": Attribute(immutable=True),
        "vault": Attribute(immutable=True),
        "auth": Attribute(immutable=True, normalise=_any_host_order),
        **{name: Attribute(write_only=True) for name in _SECRETS},
        "expires_at": Attribute(write_only=True),  # moves on with every token
        "scope": Attribute(),
        "metadata": METADATA,
        MARKER: MARK,
    },
)

_PARTS = {"auth": ("auth", *_MOVABLE)}


def compile_credential(credential: Credential, context: Context) -> Resource:
    """Turn a declared credential into what the engine compares."""
    found = {name: _at(credential.auth, path) for name, path in _MOVABLE.items()}
    values = {
        **credential.fields,
        "vault": leaf(credential.vault),
        "auth": _fixed(credential.auth),
        **{
            name: context.seal(value) if isinstance(value, Secret) else value
            for name, value in found.items()
            if value is not None
        },
        MARKER: context.owner.mark(credential.address),
    }
    return resource_of(credential, CREDENTIAL, values, uses=(credential.vault,), parts=_PARTS)


def _at(auth: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = auth
    for key in path:
        value = (value or {}).get(key)
    return value


def _fixed(auth: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[str, Any]:
    """A copy of ``auth`` with what needs a new object when it changes."""
    return {
        key: _fixed(value, (*above, key)) if isinstance(value, Mapping) else value
        for key, value in auth.items()
        if value is not None and (*above, key) not in _PATHS
    }


def parts_of(object_id: str) -> tuple[str, str]:
    """The IDs of the vault and of the credential in it."""
    vault, _, credential = object_id.partition("/")
    return vault, credential


class CredentialAdapter:
    """Reads and writes ``/vaults/…/credentials``."""

    type = CREDENTIAL

    def __init__(self, api: Api) -> None:
        self._api = api

    async def pages(self, within: Iterable[str] | None = None) -> AsyncIterator[Sequence[Live]]:
        """Those of one vault after the other: there may be a vault for each user of an application,
        and whoever looks for a few credentials need not read them all."""
        if within is not None:
            for vault in sorted(within):
                async for page in self._in(vault):
                    yield page
            return
        async for vaults in self._api.pages("/vaults", size=PAGE):
            for item in vaults:
                async for page in self._in(str(item["id"])):
                    yield page

    async def _in(self, vault: str) -> AsyncIterator[list[Live]]:
        try:
            async for page in self._api.pages(_list(vault), size=PAGE):
                yield [_live(item, vault) for item in page]
        except NotFound:  # it is deleted, unless there are no vaults at all, which this list tells
            await anext(self._api.pages("/vaults", size=1), None)

    async def complete(self, live: Live) -> Live:
        return live

    async def read(self, object_id: str) -> Live | None:
        found = await self._api.find(_path(object_id))
        return None if found is None else _live(found, parts_of(object_id)[0])

    async def create(self, write: Write) -> Live:
        vault = str(write.values["vault"])
        parts = {n: write.values[n] for n in _MOVABLE if write.values.get(n) is not None}
        body = {
            "name": write.values["name"],
            "auth": _placed(_fixed(write.values["auth"]), parts),
            "metadata": metadata_to_send(write),
        }
        return _live(await self._api.create(_list(vault), body), vault)

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        body: dict[str, Any] = {}
        if write.changed & _MOVABLE.keys():
            body["auth"] = _rotation(write)
        if touches_metadata(write):
            body["metadata"] = metadata_to_send(write, live)
        vault, _ = parts_of(object_id)
        return _live(await self._api.change(_path(object_id), body), vault)

    async def delete(self, object_id: str) -> None:
        await self._api.delete(_path(object_id))


def _live(item: Object, vault: str) -> Live:
    auth = item.get("auth") or {}
    values = {
        "name": item.get("name"),
        "vault": vault,
        "auth": _fixed(auth),
        "scope": _at(auth, _SETTINGS["scope"]),
        **_UNREAD,
    }
    return marked_live(item, values, id_=f"{vault}/{item['id']}")


def _list(vault: str) -> str:
    return f"/vaults/{vault}/credentials"


def _path(object_id: str) -> str:
    vault, credential = parts_of(object_id)
    return f"{_list(vault)}/{credential}"


def _rotation(write: Write) -> dict[str, Any]:
    """New values for a credential whose kind stays; what is left out stays as it is."""
    names = set(write.changed & _MOVABLE.keys())
    if "access_token" in names and write.values.get("expires_at") is not None:
        names.add("expires_at")  # a new token alone would clear it
    auth: dict[str, Any] = {"type": write.values["auth"]["type"]}
    if "client_secret" in names:
        kind = write.values["auth"]["refresh"]["token_endpoint_auth"]["type"]
        auth["refresh"] = {"token_endpoint_auth": {"type": kind}}
    new = {name: write.values.get(name) for name in names}
    return _placed(auth, {n: v for n, v in new.items() if v is not None or n in _SETTINGS})


def _placed(auth: dict[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """``auth`` with each of ``parts`` where the platform wants it."""
    for name, value in parts.items():
        *above, key = _MOVABLE[name]
        inner = auth
        for step in above:
            inner = inner.setdefault(step, {})
        inner[key] = value
    return auth
