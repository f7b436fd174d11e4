"""A whole world for one test: a project folder, an embedded platform, a clock, and a hand that
changes things behind Retinue's back.

Everything runs in this process and in no time: whoever waits moves the clock on.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import openai
from tests.support.platform import beta_of
from tests.worlds.wire import Sent, Wire

from retinue.address import Address
from retinue.engine.entry import Snapshot
from retinue.engine.events import Event, Note
from retinue.engine.ports import Clock, Stop
from retinue.errors import Refused
from retinue.local.app import close_app, create_app
from retinue.local.platform import Limits
from retinue.operations.applying import Applied, Approve, Run, apply, apply_saved
from retinue.operations.declared import declared
from retinue.operations.desired import Wanted, adapters, wanted
from retinue.operations.planning import Planned, PlanOptions, make_plan
from retinue.operations.session import Session, models_of, state_of
from retinue.platform.client import PlatformClient, learn_from_answers
from retinue.platform.limiter import Limiter
from retinue.project import Project, load_project

Result = TypeVar("Result")

URL = "http://platform.test/v1"
MANIFEST = "assistants/team.yaml"


FAMILIES = {
    "agent": "/agents",
    "agents.assistant": "/agents",
    "assistants.assistant": "/assistants",
    "automation": "/agents/automations",
    "environment": "/agents/environments/templates",
}
"""Where objects are, by type or by what a test calls them; for all others the plural will do."""


_PREFIXES = {
    "agt": "/agents",
    "asst": "/assistants",
    "auto": "/agents/automations",
    "vs": "/vector_stores",
}


def family_of(sort: str) -> str:
    """The path that objects of a sort are under."""
    return FAMILIES.get(sort, f"/{sort}s")


def path_to(object_id: str) -> str:
    """Where the object with an ID is."""
    vault, _, credential = object_id.partition("/")
    if credential:
        return f"/vaults/{vault}/credentials/{credential}"
    prefix = object_id.partition("_")[0]
    return f"{_PREFIXES.get(prefix) or family_of(prefix)}/{object_id}"


class Time:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.001)
        await asyncio.sleep(0)


@dataclass
class World:
    """See the module. ``events`` holds what the last apply reported; ``through`` is what Retinue
    sends through, the wire unless a test puts something before it."""

    root: Path
    time: Time = field(default_factory=Time)
    parallelism: int = 4
    events: list[Event] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self._app = create_app(
            self.root.parent / f"{self.root.name}.db",
            limits=Limits(indexing_seconds=0.0),
            clock=self.time,
        )
        self.wire = Wire(self._app)
        self.through: httpx2.AsyncBaseTransport = self.wire
        self.write({"retinue.yaml": "project: demo\n"})

    def close(self) -> None:
        close_app(self._app)

    # --- the project ---------------------------------------------------------------------------

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files of the project; None removes one. `MANIFEST` is where a manifest goes."""
        for shown, content in files.items():
            path = self.root / shown
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def declare(self, manifest: Mapping[str, Any]) -> None:
        """Write the one manifest; JSON is YAML."""
        self.write({MANIFEST: json.dumps(manifest, indent=1, ensure_ascii=False)})

    @property
    def project(self) -> Project:
        return load_project(self.root, stack=None, environ=self.environ)

    def want(self) -> Wanted:
        project = self.project
        return wanted(project, declared(project))

    @property
    def state(self) -> Snapshot:
        return state_of(self.project).read()

    def id_of(self, address: str) -> str:
        return self.state.entries[Address.parse(address)].id

    def ids(self) -> dict[str, str]:
        """Address to ID of all that the state knows."""
        return {str(address): entry.id for address, entry in self.state.entries.items()}

    def lose_state(self) -> None:
        """Remove the state and its journal."""
        for path in self.project.state_path.parent.glob("*"):
            if path.suffix != ".lock":
                path.unlink()

    def kept_state(self) -> dict[str, bytes]:
        """The files of the state as they are on the disk just now; the lock aside."""
        folder = self.project.state_path.parent
        found = sorted(folder.glob("*.json")) + sorted(folder.glob("*.journal"))
        return {path.name: path.read_bytes() for path in found}

    def put_state(self, files: Mapping[str, bytes]) -> None:
        """Undo whatever happened to the state since `kept_state`."""
        self.lose_state()
        for name, content in files.items():
            (self.project.state_path.parent / name).write_bytes(content)

    # --- Retinue -------------------------------------------------------------------------------

    def plan(self, options: PlanOptions | None = None) -> Planned:
        """Plan in a session of its own."""

        async def work() -> Planned:
            project = self.project
            snapshot = state_of(project).read()
            async with self.connect(project, parallelism=self.parallelism) as session:
                return await make_plan(session, snapshot, self.want(), options or PlanOptions())

        return asyncio.run(work())

    def apply(self, options: PlanOptions | None = None, approve: Approve | None = None) -> Applied:
        """Apply in a session of its own; an unsafe plan is refused as the command does it."""
        options, approve = options or PlanOptions(), approve or _gate
        work = apply(self.project, self.want(), options, approve, self.run())
        return asyncio.run(work)

    def apply_saved(self, planned: Planned) -> Applied:
        """Apply a plan that was made earlier."""
        return asyncio.run(apply_saved(self.project, planned.plan, _gate, self.run()))

    def run(self, stop: Stop | None = None) -> Run:
        """What an apply in this world needs besides the plan."""
        self.events.clear()
        clock = Clock(now=self.time, sleep=self.time.sleep)
        return Run(self.parallelism, self._report, stop or Stop(), clock, self.connect)

    def _report(self, event: Event) -> None:
        self.events.append(event)

    @property
    def told(self) -> list[str]:
        """The notes of the last apply."""
        return [event.text for event in self.events if isinstance(event, Note)]

    @contextlib.asynccontextmanager
    async def connect(self, project: Project, *, parallelism: int) -> AsyncIterator[Session]:
        """What `retinue.operations.session.open_session` does, over this world's wire."""
        limiter = Limiter(parallelism, now=self.time, sleep=self.time.sleep)
        http = httpx2.AsyncClient(
            base_url=URL,
            transport=self.through,
            event_hooks={"response": [learn_from_answers(limiter)]},
        )
        sdk = openai.AsyncOpenAI(api_key="test", base_url=URL, max_retries=0, http_client=http)
        client = PlatformClient(sdk, limiter, name=URL)
        try:
            models = functools.partial(models_of, client)
            yield Session(project, adapters(client), URL, models, client.give_up)
        finally:
            await client.close()

    # --- somebody else -------------------------------------------------------------------------

    def by_hand(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """A request that Retinue knows nothing of; it is not recorded.

        Raises:
            httpx2.HTTPStatusError: the platform refused it.
        """
        result: dict[str, Any] = self._by_hand(method, path, body, **more).json()
        return result

    def _by_hand(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        async def work() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self._app)
            headers = {"Authorization": "Bearer hand", "OpenAI-Beta": beta_of(path)}
            async with httpx2.AsyncClient(transport=transport, headers=headers) as client:
                answer = await client.request(method, URL + path, json=body, **more)
                return answer.raise_for_status()

        return asyncio.run(work())

    def content(self, address: str) -> bytes:
        """What is in a file on the platform."""
        return self._by_hand("GET", f"{self.path_of(address)}/content").content

    def upload_by_hand(self, name: str, content: bytes) -> str:
        """Upload a file and return its ID."""
        files = {"file": (name, content)}
        answer = self.by_hand("POST", "/files", data={"purpose": "assistants"}, files=files)
        return str(answer["id"])

    def path_of(self, address: str) -> str:
        """Where the object at ``address`` is on the platform."""
        entry = self.state.entries[Address.parse(address)]
        if entry.type == "credential":
            vault, _, credential = entry.id.partition("/")
            return f"/vaults/{vault}/credentials/{credential}"
        return f"{family_of(entry.type)}/{entry.id}"

    def live(self, address: str) -> dict[str, Any]:
        """The object at ``address`` as the platform shows it; a store with its ``files``."""
        path = self.path_of(address)
        found = self.by_hand("GET", path)
        if address.startswith("vector_store."):
            found["files"] = self.by_hand("GET", f"{path}/files?limit=100")["data"]
        return found

    def is_there(self, address: str) -> bool:
        """Whether the platform still has the object at ``address``."""
        try:
            self.by_hand("GET", self.path_of(address))
        except httpx2.HTTPStatusError:
            return False
        return True

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """Every object of a kind, ours or not, oldest first."""
        path = f"{family_of(kind)}?limit=100&order=asc"
        found: list[dict[str, Any]] = self.by_hand("GET", path)["data"]
        return found

    def recorded(self, work: Callable[[], Result]) -> tuple[Result, list[Sent]]:
        """Do ``work`` and return what it sent, too."""
        start = len(self.wire.sent)
        result = work()
        return result, self.wire.sent[start:]


def _gate(planned: Planned) -> bool:
    if not planned.verdict.safe:
        raise Refused("; ".join(refusal.code for refusal in planned.verdict.refusals))
    return True


@contextlib.contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """A world that is closed at the end."""
    world = World(folder / "project")
    try:
        yield world
    finally:
        world.close()


def wait_for(work: Coroutine[Any, Any, Result]) -> Result:
    """Run one coroutine to its end."""
    return asyncio.run(work)
