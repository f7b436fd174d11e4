"""Environments: templates of the places that agents work in, made anew for each session.

They carry no metadata, so that one is recognised by its name. What the platform keeps to itself
(variables, setup commands, blocked domains, the contents of inline files and plugins) is compared
with what we applied; of contents that is the digest, the content itself is read when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from retinue.errors import Rejected
from retinue.kinds.api import Object
from retinue.kinds.base import Attribute, Live, Resource, ResourceType, Upload, Write
from retinue.kinds.collection import Collection, unmarked_live
from retinue.kinds.desired import Context, leaf, resource_of
from retinue.kinds.forms import in_any_order, said
from retinue.kinds.metadata import whole
from retinue.manifest.model import (
    Environment,
    EnvironmentFile,
    InlineFile,
    Plugin,
    Reference,
    Secret,
    SkillUse,
)

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
        "inline_files": Attribute(default=[], write_only=True, normalise=in_any_order),
        "skills": Attribute(default=[], normalise=in_any_order, reduce=whole),
        "plugins": Attribute(default=[], normalise=in_any_order, reduce=whole),
        "plugin_contents": Attribute(default=[], write_only=True, normalise=in_any_order),
        "capability_directories": Attribute(default=[]),
        "desktop": Attribute(default=None, normalise=_enabled),
        "variables": Attribute(default={}, write_only=True),
        "setup_commands": Attribute(default=[], write_only=True),
    },
)
"""Attributes with parts are managed whole: an update replaces them whole."""

_PARTS = {
    "network": ("network", "blocked_domains"),
    "files": ("files", "inline_files"),
    "plugins": ("plugins", "plugin_contents"),
}
"""Fields of which the platform returns one part, and not the other. It replaces them whole."""

_KEYS = {
    "variables": "env",
    **{unread: field for field, (_, unread) in _PARTS.items()},
}
"""The fields of the platform that are not called as the attribute."""


def compile_environment(environment: Environment, context: Context) -> Resource:
    """Turn a declared environment into what the engine compares."""
    values: dict[str, Any] = dict(environment.fields)
    if "network" in values:
        values.update(_network(values["network"]))
    if "packages" in values:
        values["packages"] = said(values["packages"])
    inline = iter(context.inline.get(environment.address, ()))
    if environment.files is not None:
        values.update(_files(environment.files, inline))
    if environment.plugins is not None:
        values.update(_plugins(environment.plugins, inline))
    if environment.skills is not None:
        values["skills"] = [_skill(use) for use in environment.skills]
    if environment.variables is not None:
        values["variables"] = {
            name: context.seal(text) if isinstance(text, Secret) else text
            for name, text in environment.variables.items()
        }
    return resource_of(
        environment,
        ENVIRONMENT,
        values,
        uses=_uses(environment),
        parts=_PARTS,
        inline=context.inline.get(environment.address, ()),
    )


def _network(written: Any) -> dict[str, Any]:
    """The part that can be read, and the one that can't."""
    network = said(written)
    blocked = network.pop("blocked_domains", None)
    return {"network": network or None, **({"blocked_domains": blocked} if blocked else {})}


def _files(
    files: Iterable[EnvironmentFile | InlineFile], contents: Iterator[Upload]
) -> dict[str, Any]:
    """All files, and the digests of those that are given inline."""
    placed: list[dict[str, Any]] = []
    digests: list[dict[str, Any]] = []
    for file in files:
        if isinstance(file, EnvironmentFile):
            placed.append({"file_id": leaf(file.file), "path": file.path})
            continue
        content = next(contents)
        placed.append({"type": "inline", "path": file.path, "size_bytes": content.size})
        digests.append({"path": file.path, "sha256": content.sha256})
    return {"files": placed, **({"inline_files": digests} if digests else {})}


def _plugins(plugins: Iterable[Plugin], contents: Iterator[Upload]) -> dict[str, Any]:
    """All plugins, and the digests of what is in them."""
    named = [{"name": each.title, "description": each.description} for each in plugins]
    digests = [
        {
            "name": each.title,
            "sha256": content.sha256,
            "content": [
                {"path": path, "sha256": sha256} for path, sha256 in (content.files or {}).items()
            ],
        }
        for each, content in zip(plugins, contents, strict=True)
    ]
    return {"plugins": named, **({"plugin_contents": digests} if digests else {})}


def _skill(use: SkillUse) -> dict[str, Any]:
    version = {} if use.version is None else {"version": use.version}
    return {"skill_id": leaf(use.skill), **version}


def _uses(environment: Environment) -> Iterable[Reference]:
    for file in environment.files or ():
        if isinstance(file, EnvironmentFile):
            yield file.file
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
            "plugins": [_untyped(plugin, "inline") for plugin in item.get("plugins") or ()],
            "capability_directories": list(item.get("capability_directories") or ()),
            "desktop": item.get("desktop"),
        }
        return unmarked_live(item, values)

    async def create(self, write: Write) -> Live:
        return self.live(await self._api.create(self.path, await self._body(write)))

    async def update(self, object_id: str, write: Write, live: Live) -> Live:
        del live
        body = await self._body(write)
        return self.live(await self._api.change(f"{self.path}/{object_id}", body))

    async def _body(self, write: Write) -> dict[str, Any]:
        """What is written, in the platform's form."""
        fields = {_KEYS.get(name, name): name for name in sorted(write.changed)}
        return {field: await self._sent(field, name, write) for field, name in fields.items()}

    async def _sent(self, field: str, name: str, write: Write) -> Any:
        values = write.values
        match field:
            case "network":
                return _whole_network(values)
            case "packages":
                return {**_NO_PACKAGES, **values[name]}
            case "files":
                return [await self._file(file, write) for file in values["files"]]
            case "plugins":
                return [await self._plugin(plugin, write) for plugin in values["plugins"]]
            case "skills":
                return [_referenced(skill, write) for skill in values[name]]
            case _:
                return values[name]

    async def _file(self, file: Mapping[str, Any], write: Write) -> dict[str, Any]:
        if "file_id" in file:
            return {"type": "file_id", **file}
        content = _content(write, "inline_files", "path", file["path"])
        return {"type": "inline", "path": file["path"], "data": await self._api.inline(content)}

    async def _plugin(self, plugin: Mapping[str, Any], write: Write) -> dict[str, Any]:
        name = plugin["name"]
        content = _content(write, "plugin_contents", "name", name)
        data = await self._api.inline(content, name)
        source = {"type": "base64", "media_type": "application/zip", "data": data}
        return {"type": "inline", **plugin, "source": source}


def _content(write: Write, attribute: str, key: str, name: str) -> Upload:
    """The content whose digest is written down for ``name``.

    Raises:
        Rejected: there is none. An environment whose files are ignored has one of somebody else's,
            or an older one of ours, and still has to follow a file that is uploaded anew.
    """
    digests = {each[key]: each["sha256"] for each in write.values.get(attribute) or ()}
    for content in write.inline:
        if content.sha256 == digests.get(name):
            return content
    raise _not_kept(write, name)


def _referenced(skill: Mapping[str, Any], write: Write) -> dict[str, Any]:
    """A skill in the platform's form.

    Raises:
        Rejected: somebody gave it inline, where skills are ignored and one of ours is made anew.
    """
    if "skill_id" not in skill:
        raise _not_kept(write, str(skill.get("name")))
    return {"type": "skill_reference", **skill}


def _not_kept(write: Write, name: str) -> Rejected:
    return Rejected(
        f"{write.address}: the inline content of {name} can't be read back, and so not kept",
        hint="take the field out of lifecycle.ignore_changes, or leave what it refers to as it is",
    )


def _untyped(item: Mapping[str, Any], usual: str) -> dict[str, Any]:
    """A file or skill as manifests name it; those given inline keep their type, and so differ."""
    return {k: v for k, v in item.items() if v is not None and (k, v) != ("type", usual)}


def _whole_network(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Both parts: the platform replaces the network whole."""
    network = values.get("network")
    blocked = said({"blocked_domains": values.get("blocked_domains")})
    return None if network is None else {**network, **blocked}
