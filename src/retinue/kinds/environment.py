"""Environments: templates of the places that agents work in, made anew for each session.

They carry no metadata, so that one is recognised by its name. What the platform keeps to itself
(variables, setup commands, blocked domains) is compared with what we applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from retinue.kinds.api import Object
from retinue.kinds.base import Attribute, Live, Resource, ResourceType, Write
from retinue.kinds.collection import Collection, unmarked_live
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.forms import in_any_order, said
from retinue.kinds.metadata import whole
from retinue.manifest.model import Environment, Reference, Secret, SkillUse

_NO_PACKAGES: Mapping[str, Any] = {"npm": [], "python": [], "system": []}


def _any_domain_order(network: Any) -> Any:
    if "allowed_domains" not in (network or {}):
        return network
    domains = {domain.lower() for domain in network["allowed_domains"]}
    return {**network, "allowed_domains": sorted(domains)}


def _any_package_order(packages: Any) -> Any:
    return {manager: sorted(names) for manager, names in (packages or {}).items()}


def _enabled(desktop: Any) -> bool:
    return bool((desktop or {}).get("enabled"))


ENVIRONMENT = ResourceType(
    name="environment",
    kind="environment",
    title="environment",
    marked=False,
    signature=("name",),
    attributes={
        "name": Attribute(default=None),
        # None: the version of the API decides, and null asks for that again.
        "network": Attribute(default=None, normalise=_any_domain_order, reduce=whole),
        "blocked_domains": Attribute(default=[], write_only=True, normalise=in_any_order),
        "packages": Attribute(default={}, normalise=_any_package_order, reduce=whole),
        "files": Attribute(default=[], normalise=in_any_order, reduce=whole),
        "skills": Attribute(default=[], normalise=in_any_order, reduce=whole),
        "capability_directories": Attribute(default=[]),
        "desktop": Attribute(default=None, normalise=_enabled),
        "variables": Attribute(default={}, write_only=True),
        "setup_commands": Attribute(default=[], write_only=True),
    },
)
"""Attributes with parts are managed whole: an update replaces them whole."""

_PARTS = {"network": ("network", "blocked_domains")}
_KEYS = {"variables": "env"}
"""What the platform calls otherwise."""


def compile_environment(environment: Environment, context: Context) -> Resource:
    """Turn a declared environment into what the engine compares."""
    values: dict[str, Any] = dict(environment.fields)
    if "network" in values:
        values.update(_network(values["network"]))
    if "packages" in values:
        values["packages"] = said(values["packages"])
    if environment.files is not None:
        values["files"] = [{"file_id": leaf(f.file), "path": f.path} for f in environment.files]
    if environment.skills is not None:
        values["skills"] = [_skill(use) for use in environment.skills]
    if environment.variables is not None:
        values["variables"] = {
            name: context.seal(text) if isinstance(text, Secret) else text
            for name, text in environment.variables.items()
        }
    return resource_of(environment, ENVIRONMENT, values, uses=_uses(environment), parts=_PARTS)


def _network(written: Any) -> dict[str, Any]:
    """The part that can be read, and the one that can't."""
    network = said(written)
    blocked = network.pop("blocked_domains", None)
    return {"network": network or None, **({"blocked_domains": blocked} if blocked else {})}


def _skill(use: SkillUse) -> dict[str, Any]:
    version = {} if use.version is None else {"version": use.version}
    return {"skill_id": leaf(use.skill), **version}


def _uses(environment: Environment) -> Iterable[Reference]:
    yield from (file.file for file in environment.files or ())
    yield from (use.skill for use in environment.skills or ())


class EnvironmentAdapter(Collection):
    """Reads and writes ``/agents/environments/templates``."""

    type = ENVIRONMENT
    path = "/agents/environments/templates"

    def live(self, item: Object) -> Live:
        values = {
            "name": item.get("name"),
            "network": said(item.get("network")) or None,
            "packages": said(item.get("packages")),
            "files": [_untyped(file, "file_id") for file in item.get("files") or ()],
            "skills": [_untyped(skill, "skill_reference") for skill in item.get("skills") or ()],
            "capability_directories": list(item.get("capability_directories") or ()),
            "desktop": item.get("desktop"),
        }
        return unmarked_live(item, values)

    async def create(self, write: Write) -> Live:
        return self.live(await self._api.create(self.path, _body(write)))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        del live
        return self.live(await self._api.change(f"{self.path}/{object_id}", _body(write)))


def _untyped(item: Mapping[str, Any], usual: str) -> dict[str, Any]:
    """A file or skill as manifests name it; those given inline keep their type, and so differ."""
    return {k: v for k, v in item.items() if v is not None and (k, v) != ("type", usual)}


def _body(write: Write) -> dict[str, Any]:
    """What is written, in the platform's form."""
    names = write.changed - {"network", "blocked_domains"}
    body = {_KEYS.get(name, name): _sent(name, write.values[name]) for name in names}
    if names != write.changed:
        body["network"] = _whole_network(write.values)
    return body


def _whole_network(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Both parts: the platform replaces the network whole."""
    network = values.get("network")
    blocked = said({"blocked_domains": values.get("blocked_domains")})
    return None if network is None else {**network, **blocked}


def _sent(name: str, value: Any) -> Any:
    match name:
        case "packages":
            return {**_NO_PACKAGES, **value}
        case "files":
            return [{"type": "file_id", **file} for file in value]
        case "skills":
            return [{"type": "skill_reference", **skill} for skill in value]
        case _:
            return value
