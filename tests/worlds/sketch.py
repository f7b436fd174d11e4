"""What a team of `tests.worlds.machine` writes into its manifests: drawn at random, always valid.

Names are never used twice, whatever the section, so that a text that is a name refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Section = dict[str, dict[str, Any]]

KINDS = {
    "assistants": "assistant",
    "files": "file",
    "vector_stores": "vector_store",
    "vaults": "vault",
    "credentials": "credential",
    "environments": "environment",
    "skills": "skill",
    "automations": "automation",
}
"""Every section, and the kind of what is in it."""

FOLDERS, NAMES, CONTENTS = ["a", "b", "c"], ["x.md", "y.md"], ["1", "2", "22", ""]
SECRETS = {"ONE": "first-secret", "TWO": "second-secret"}
_SERVER = "https://mcp.example/mcp"
_SECRET = st.sampled_from([f"${{env:{name}}}" for name in SECRETS])
_METADATA = st.dictionaries(st.sampled_from(["k", "l"]), st.sampled_from("xy"), max_size=2)
_EVERYWHERE: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["Tutor", "Coach"]),
    "instructions": st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
    "metadata": _METADATA,
}
_OF_MODELS: dict[str, st.SearchStrategy[Any]] = {
    "description": st.sampled_from(["a", "b"]),
    "temperature": st.sampled_from([0, 0.5, 1, 1.0, 2]),
    "response_format": st.sampled_from(["auto", {"type": "json_object"}]),
}
_OF_AGENTS: dict[str, st.SearchStrategy[Any]] = {
    "verbosity": st.sampled_from(["low", "medium"]),
    "service_tier": st.sampled_from(["auto", "flex"]),
}
FIELDS = {
    "assistants": {**_EVERYWHERE, **_OF_MODELS},
    "responses": {**_EVERYWHERE, **_OF_MODELS},
    "agents": {**_EVERYWHERE, **_OF_AGENTS},
}
"""The plain fields of an assistant on each target."""

_REQUIRED = ("vault", "assistant")
"""References without which there is no resource."""


class Sketch:
    """What the manifests say, in their own form."""

    def __init__(self) -> None:
        self.sections: dict[str, Section] = {section: {} for section in KINDS}
        self.moves: list[dict[str, str]] = []
        self._names = 0

    # --- choosing ------------------------------------------------------------------------------

    def fresh_name(self) -> str:
        self._names += 1
        return f"r{self._names}"

    def one(self, data: st.DataObject, section: str) -> str:
        return data.draw(st.sampled_from(sorted(self.sections[section])), label=section)

    def some(self, data: st.DataObject, section: str) -> list[str]:
        names = sorted(self.sections[section])
        return data.draw(st.lists(st.sampled_from(names), unique=True) if names else st.just([]))

    def _perhaps(self, data: st.DataObject, section: str, key: str) -> dict[str, str]:
        """A reference under ``key``, or nothing."""
        names = [None, *sorted(self.sections[section])]
        name = data.draw(st.sampled_from(names), label=key)
        return {} if name is None else {key: name}

    def agents(self) -> list[str]:
        """The assistants that automations can start."""
        assistants = self.sections["assistants"].items()
        return sorted(name for name, each in assistants if each["target"] == "agents")

    def free_paths(self) -> list[str]:
        """Where a file can be that no other one is."""
        paths = {f"{folder}/{name}" for folder in FOLDERS for name in NAMES}
        return sorted(paths - {file["path"] for file in self.sections["files"].values()})

    # --- drawing -------------------------------------------------------------------------------

    def store(self, data: st.DataObject) -> dict[str, Any]:
        attributes = st.sampled_from([{}, {"attributes": {"year": 1}}, {"attributes": {"year": 2}}])
        files = [{"file": name, **data.draw(attributes)} for name in self.some(data, "files")]
        optional = {"name": _EVERYWHERE["name"], "metadata": _METADATA}
        optional["description"] = _OF_MODELS["description"]
        return {"files": files, **data.draw(st.fixed_dictionaries({}, optional=optional))}

    def assistant(self, data: st.DataObject, target: str | None = None) -> dict[str, Any]:
        target = target or data.draw(st.sampled_from(sorted(FIELDS)), label="target")
        fields = data.draw(st.fixed_dictionaries({}, optional=FIELDS[target]))
        tools = list(self._tools(data, target))
        bound: dict[str, Any] = {}
        if target == "agents":
            bound = {"vaults": self.some(data, "vaults")}
            bound |= self._perhaps(data, "environments", "environment")
        return {"model": "gpt-4o", "target": target, **fields, **bound, "tools": tools}

    def _tools(self, data: st.DataObject, target: str) -> Iterator[dict[str, Any]]:
        if target == "agents":
            for credential in self.some(data, "credentials"):
                server = {"server_label": f"for-{credential}", "server_url": _SERVER}
                yield {"type": "mcp", **server, "credential": credential}
        else:
            yield {"type": "code_interpreter", "files": self.some(data, "files")}
            store = self._perhaps(data, "vector_stores", "vector_store")
            if store:
                yield {"type": "file_search", **store}
        if data.draw(st.booleans(), label="a function"):
            yield {"type": "function", "function": {"name": "add"}}

    def vault(self, data: st.DataObject) -> dict[str, Any]:
        return data.draw(st.fixed_dictionaries({}, optional={"metadata": _METADATA}))

    def credential(self, data: st.DataObject) -> dict[str, Any]:
        return {
            "vault": self.one(data, "vaults"),
            "type": "static_bearer",
            "mcp_server_url": _SERVER,
            "token": data.draw(_SECRET),
            **data.draw(st.fixed_dictionaries({}, optional={"metadata": _METADATA})),
        }

    def environment(self, data: st.DataObject) -> dict[str, Any]:
        packages = st.sampled_from([{"python": ["numpy"]}, {"npm": ["left-pad"]}])
        variables = st.fixed_dictionaries({"KEY": _SECRET})
        optional = {"packages": packages, "variables": variables}
        files = [{"file": n, "path": f"/workspace/{n}"} for n in self.some(data, "files")]
        skills = {"skills": self.some(data, "skills"), "files": files}
        return {**skills, **data.draw(st.fixed_dictionaries({}, optional=optional))}

    def automation(self, data: st.DataObject) -> dict[str, Any]:
        hour = data.draw(st.sampled_from([6, 7]))
        optional = {"paused": st.booleans(), "metadata": _METADATA}
        return {
            "assistant": data.draw(st.sampled_from(self.agents()), label="agent"),
            "schedule": {"cron": f"0 {hour} * * *", "timezone": "UTC"},
            "prompt": data.draw(st.sampled_from(["Ask.", "Ask more."])),
            "vaults": self.some(data, "vaults"),
            **self._perhaps(data, "environments", "environment"),
            **data.draw(st.fixed_dictionaries({}, optional=optional)),
        }

    # --- changing ------------------------------------------------------------------------------

    def put_assistant(self, name: str, assistant: dict[str, Any]) -> None:
        """Say something else of an assistant; automations stay with agents alone."""
        self.sections["assistants"][name] = assistant
        if assistant["target"] != "agents":
            automations = self.sections["automations"]
            for other in [n for n, each in automations.items() if each["assistant"] == name]:
                self.remove("automations", other)

    def remove(self, section: str, name: str) -> None:
        """Remove a resource, and whatever makes no sense without it."""
        del self.sections[section][name]
        for user, resources in self.sections.items():
            for other, resource in list(resources.items()):
                if any(resource.get(key) == name for key in _REQUIRED):
                    self.remove(user, other)
                elif other in resources:
                    resources[other] = _without(resource, name)

    def rename(self, section: str, old: str, *, told: bool) -> None:
        """Give a resource another name; ``told``: with an entry under ``moved``."""
        new = self.fresh_name()
        self.sections[section][new] = self.sections[section].pop(old)
        for resources in self.sections.values():
            for name, resource in resources.items():
                resources[name] = _renamed(resource, old, new)
        if told:
            kind = KINDS[section]
            self.moves.append({"from": f"{kind}.{old}", "to": f"{kind}.{new}"})

    # --- the whole -----------------------------------------------------------------------------

    def declared(self) -> set[str]:
        """Every address."""
        return {
            f"{KINDS[s]}.{name}" for s, resources in self.sections.items() for name in resources
        }

    def document(self) -> dict[str, Any]:
        """The manifest."""
        return {**self.sections, "moved": self._moves_that_lead_somewhere()}

    def _moves_that_lead_somewhere(self) -> list[dict[str, str]]:
        """A move to what is no longer declared would be an error of the manifest."""
        ends = self.declared()
        kept: list[dict[str, str]] = []
        for move in reversed(self.moves):
            if move["to"] in ends:
                ends.add(move["from"])
                kept.append(move)
        return kept


def _without(value: Any, name: str) -> Any:
    """A value without the entries of mappings and lists that refer to ``name``."""
    if isinstance(value, dict):
        return {key: _without(item, name) for key, item in value.items() if item != name}
    if isinstance(value, list):
        return [_without(item, name) for item in value if not _refers(item, name)]
    return value


def _refers(item: Any, name: str) -> bool:
    return item == name or (isinstance(item, dict) and name in item.values())


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, old, new) for item in value]
    return new if value == old else value
