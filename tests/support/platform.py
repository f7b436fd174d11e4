"""A real ``retinue serve`` process, and what lives on it as a client of our own sees it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.launch import Launcher, Running

KEY = "any"


def beta_of(path: str) -> str:
    """The value of ``OpenAI-Beta`` that a path asks for."""
    return "agents=v1" if path.startswith(("/agents", "/vaults")) else "assistants=v2"


def digest(content: bytes) -> str:
    """A short name for a file's content."""
    return sha256(content).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything on a platform, without IDs: files by name and content, the others by name.

    What an object refers to is shown by what it refers to, so two equal platforms are equal.
    """

    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    stores: Mapping[str, list[Any]] = field(default_factory=dict)
    assistants: Mapping[str, list[Any]] = field(default_factory=dict)


class Server:
    """A server that runs. ``url`` ends in /v1."""

    def __init__(self, url: str, running: Running) -> None:
        self.url = url
        self.process = running

    # --- A client of our own --------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One JSON request, without any of Retinue's code."""
        with self._open(method, path, body) as reply:
            return json.load(reply)

    def content(self, file_id: str) -> bytes:
        """What was uploaded."""
        return self.download(f"/files/{file_id}/content")

    def download(self, path: str) -> bytes:
        """What is answered as it is."""
        with self._open("GET", path, None) as reply:
            data: bytes = reply.read()
            return data

    def _open(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {KEY}",
                "Content-Type": "application/json",
                "OpenAI-Beta": beta_of(path),
            },
        )
        return urllib.request.urlopen(request, timeout=20)  # noqa: S310

    def every(self, path: str) -> list[dict[str, Any]]:
        """All objects of a list."""
        items: list[dict[str, Any]] = []
        query = {"limit": "100", "order": "asc"}
        while True:
            page = self.call("GET", f"{path}?{urlencode(query)}")
            items.extend(page["data"])
            if not page["has_more"]:
                return items
            query["after"] = page["last_id"]

    def assistant(self, name: str) -> dict[str, Any]:
        """The one assistant with this name."""
        (found,) = [item for item in self.every("/assistants") if item["name"] == name]
        return found

    def counts(self) -> tuple[int, int, int]:
        """How many files, vector stores and assistants there are."""
        files, stores, assistants = map(self.every, ("/files", "/vector_stores", "/assistants"))
        return len(files), len(stores), len(assistants)

    def ids(self) -> list[str]:
        """The ID of every object there is."""
        paths = ("/files", "/vector_stores", "/assistants")
        return sorted(item["id"] for path in paths for item in self.every(path))

    # --- Everything -----------------------------------------------------------------------

    def look(self) -> Seen:
        """See everything."""
        files = {
            item["id"]: (item["filename"], digest(self.content(item["id"])))
            for item in self.every("/files")
        }
        listed = self.every("/vector_stores")
        names = {item["id"]: item["name"] for item in listed}
        stores: dict[str, list[Any]] = {}
        for item in listed:
            stores.setdefault(item["name"], []).append(self._store(item, files))
        assistants: dict[str, list[Any]] = {}
        for item in self.every("/assistants"):
            assistants.setdefault(item["name"], []).append(_assistant(item, files, names))
        return Seen(Counter(files.values()), stores, assistants)

    def _store(self, item: dict[str, Any], files: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
        attached = self.every(f"/vector_stores/{item['id']}/files")
        return {
            "expires_after": item.get("expires_after"),
            "metadata": _own(item["metadata"]),
            "files": sorted(
                [*files.get(each["id"], ("gone", "")), each["status"], _own(each["attributes"])]
                for each in attached
            ),
        }


def _own(metadata: Mapping[str, Any]) -> str:
    """Metadata without the marker, as text that sorts."""
    kept = {key: value for key, value in metadata.items() if key != "retinue"}
    return json.dumps(kept, sort_keys=True)


def _assistant(
    item: dict[str, Any], files: Mapping[str, tuple[str, str]], stores: Mapping[str, str]
) -> dict[str, Any]:
    resources = item["tool_resources"] or {}
    code = (resources.get("code_interpreter") or {}).get("file_ids") or []
    search = (resources.get("file_search") or {}).get("vector_store_ids") or []
    return {
        "model": item["model"],
        "instructions": item["instructions"],
        "temperature": item["temperature"],
        "metadata": _own(item["metadata"]),
        "tools": sorted(_tool(tool) for tool in item["tools"]),
        "files": sorted(files.get(each, ("gone", "")) for each in code),
        "stores": sorted(stores.get(each, "gone") for each in search),
    }


def _tool(tool: Mapping[str, Any]) -> str:
    function = tool.get("function") or {}
    return f"{tool['type']} {function.get('name', '')}".strip()


@contextmanager
def serving(launcher: Launcher, database: Path) -> Iterator[Server]:
    """``retinue serve`` on ``database`` for the length of the block."""
    argv = ["serve", "--port", "0", "--db", str(database)]
    running = launcher.start(argv, cwd=database.parent, env={})
    try:
        running.until(lambda: running.out.read_text().endswith("/v1\n"), "the server listens")
        yield Server(running.out.read_text().strip(), running)
    finally:
        running.kill()  # an orderly end takes a moment, times some hundred tests
        running.wait(15)
