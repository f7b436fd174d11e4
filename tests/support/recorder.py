"""An `Api` that answers from a table and writes down what it was asked, and checks of both against
the types of the official SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from retinue.address import Address
from retinue.engine.diff import Comparison, compare
from retinue.kinds.api import Object
from retinue.kinds.base import Adapter, Live, Resource, Upload, Write
from retinue.kinds.desired import Context
from retinue.kinds.marker import Marker, Owner
from retinue.kinds.values import Sealed, Values, resolve, unsealed
from retinue.manifest.model import Lifecycle, Secret
from retinue.problem import FixedPlace, Place

OWNER = Owner("demo", "default")
PLACES = FixedPlace(Place("a.yaml"))
PLAIN = Lifecycle()


class Sent(NamedTuple):
    """One request that writes."""

    method: str
    path: str
    body: Any = None


@dataclass
class Recorder:
    """``answers`` by method and path; a list is the one page of a list."""

    answers: dict[str, Any] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    async def get(self, path: str, params: Object | None = None) -> Object:
        del params
        found: Object = self.answers[f"GET {path}"]
        return found

    async def find(self, path: str) -> Object | None:
        return self.answers.get(f"GET {path}")

    async def create(self, path: str, body: Object) -> Object:
        return self._write("POST", path, body)

    async def change(self, path: str, body: Object) -> Object:
        return self._write("POST", path, body)

    async def delete(self, path: str) -> None:
        self.sent.append(Sent("DELETE", path))

    async def upload(self, path: str, fields: Object, upload: Upload, filename: str) -> Object:
        return self._write("POST", path, (dict(fields), upload, filename))

    async def inline(self, upload: Upload, folder: str = "") -> str:
        return f"{folder}:{upload.sha256}"

    async def pages(
        self, path: str, *, size: int, params: Object | None = None
    ) -> AsyncIterator[list[Object]]:
        del size, params
        answer = self.answers[f"GET {path}"]
        if isinstance(answer, Exception):
            raise answer
        yield answer

    async def pause(self, seconds: float) -> None:
        raise NotImplementedError(seconds)

    def _write(self, method: str, path: str, body: Any) -> Object:
        self.sent.append(Sent(method, path, body))
        answer: Object = self.answers[f"{method} {path}"]
        return answer


def context(
    uploads: Mapping[Address, Upload] | None = None,
    inline: Mapping[Address, tuple[Upload, ...]] | None = None,
) -> Context:
    """Secrets are sealed by their names."""
    return Context(OWNER, uploads or {}, sealed, inline or {})


def sealed(secret: Secret) -> Sealed:
    return Sealed(f"seal of {secret}", secret)


def secret(name: str) -> Secret:
    return Secret(env=name)


def opened(seal: Sealed) -> str:
    """The text of a secret in these tests."""
    assert seal.source is not None
    return f"the text of {seal.source.env}"


def id_of(address: Address) -> str:
    """The ID of every resource in these tests; a credential's has its vault's before it."""
    return f"id-of-{address.name}"


def wanted(resource: Resource) -> Values:
    values: Values = resolve(resource.values, id_of)
    return values


def compared(resource: Resource, live: Live, applied: Values | None = None) -> Comparison:
    """Compare a resource with what is live, as if its own values had been applied."""
    want = wanted(resource)
    return compare(resource, want, want if applied is None else applied, live.values)


def changed(resource: Resource, live: Live, applied: Values | None = None) -> list[str]:
    return [delta.name for delta in compared(resource, live, applied).deltas]


def write(resource: Resource, *names: str, applied: Values | None = None, **more: Any) -> Write:
    """Write ``names`` of a resource, or all of it; ``more`` are values that are added."""
    values = {**unsealed(wanted(resource), opened), **more}
    return Write(
        address=resource.address,
        values=values,
        changed=frozenset(names or values),
        marker=Marker(OWNER, resource.address, "op"),
        upload=resource.upload,
        inline=resource.inline,
        applied=applied or {},
    )


def created(adapter: Adapter, resource: Resource) -> Live:
    return asyncio.run(adapter.create(write(resource)))


def updated(adapter: Adapter, live: Live, one: Write) -> Live:
    return asyncio.run(adapter.update(live.id, one, live))


def listed(adapter: Adapter, within: Iterable[str] | None = None) -> list[str]:
    """The IDs of all objects, in the order of the pages."""

    async def read() -> list[str]:
        return [live.id async for page in adapter.pages(within) for live in page]

    return asyncio.run(read())


def fits(type_: Any, value: Any) -> bool:
    """Whether the SDK knows every field of ``value``, and every field that it wants is there."""
    adapter: TypeAdapter[Any] = TypeAdapter(type_)
    read = adapter.validate_python(value)
    return bool(json.loads(adapter.dump_json(read, exclude_unset=True)) == value)
