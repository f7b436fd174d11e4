"""One world per test: a platform, the unreliable way to it, and a project that is applied.

world.declare(first_fleet())
world.proxy.on("POST", "/assistants").cut_after()
assert world.apply().code == 0
world.is_settled(first_fleet())
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.fleet import Fleet, expected, write
from tests.support.launch import Ended, Launcher, Running
from tests.support.platform import KEY, Server, serving
from tests.support.proxy import Cut, On, Proxy, Request

APPLY = ("apply", "--auto-approve", "--force")
PROJECT = "project: fleet\nplatform: {api: openai}\n"


class World:
    """See the module. ``project`` is the folder that Retinue runs in."""

    def __init__(self, folder: Path, launcher: Launcher, server: Server, proxy: Proxy) -> None:
        self.project = folder / "project"
        self.server = server
        self.proxy = proxy
        self._launcher = launcher
        self.environ: dict[str, str] = {}
        """What is in the environment of every run, besides what it needs: secrets."""
        self.write("retinue.yaml", PROJECT)

    # --- The project ------------------------------------------------------------------------

    def declare(self, fleet: Fleet) -> None:
        """Make the manifests say ``fleet``."""
        write(fleet, self.project)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        target = self.project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    @property
    def state_file(self) -> Path:
        return self.project / ".retinue/state/default.json"

    @property
    def journal_file(self) -> Path:
        return self.state_file.with_suffix(".journal")

    @property
    def lock_file(self) -> Path:
        return self.state_file.with_suffix(".lock")

    @property
    def state(self) -> dict[str, Any]:
        """The state file as JSON."""
        loaded: dict[str, Any] = json.loads(self.state_file.read_text(encoding="utf-8"))
        return loaded

    # --- Runs -------------------------------------------------------------------------------

    def start(
        self,
        *argv: str,
        sabotage: Mapping[str, Any] | None = None,
        project: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Running:
        """Start ``retinue`` and don't wait."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "NO_COLOR": "1",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.proxy.url,
            **self.environ,
            **(env or {}),
        }
        return self._launcher.start(
            argv, cwd=project or self.project, env=environment, sabotage=sabotage
        )

    def retinue(
        self, *argv: str, project: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Ended:
        """Run ``retinue`` to its end."""
        return self.start(*argv, project=project, env=env).wait()

    def apply(self, *argv: str, sabotage: Mapping[str, Any] | None = None) -> Ended:
        """Apply without questions."""
        return self.start(*APPLY, *argv, sabotage=sabotage).wait()

    def apply_killed_at_request(self, number: int, when: str) -> Ended:
        """Apply, and SIGKILL it at one of its requests; see `killed_at_request`."""
        return self.killed_at_request(number, when, *APPLY)

    def killed_at_request(self, number: int, when: str, *argv: str) -> Ended:
        """Run ``retinue`` and SIGKILL it when its request ``number`` arrives ("before" the server
        hears of it) or has been done ("after", before the answer gets back)."""
        number += len(self.proxy.requests)
        wanted = self.proxy.on("*", "**", times=None, where=lambda each: each.number == number)
        return self.killed_at(wanted, when, *argv)

    def killed_at(self, wanted: On, when: str, *argv: str) -> Ended:
        """The same, when a request arrives that fits a rule."""
        running: list[Running] = []

        def kill(request: Request) -> None:
            running[0].kill()
            raise Cut(str(request))

        if when == "before":
            wanted.first(kill)
        else:
            wanted.then(kill)
        with self.proxy.hold():  # until we know the PID
            running.append(self.start(*argv))
        ended = running[0].wait()
        self.proxy.quiet()
        self.proxy.heal()
        return ended

    # --- What must hold ---------------------------------------------------------------------

    def is_as(self, fleet: Fleet) -> None:
        """The platform shows exactly ``fleet``, and the state names exactly what is there."""
        seen, wanted = self.server.look(), expected(fleet)
        assert seen.files == wanted.files
        assert seen.stores == wanted.stores
        assert seen.assistants == wanted.assistants
        recorded = [item["id"] for item in self.state["resources"].values()]
        assert sorted(recorded) == self.server.ids()
        assert not any(item["deposed"] for item in self.state["resources"].values())

    def plan_is_empty(self) -> None:
        """A plan in a process of its own finds nothing to do."""
        planned = self.retinue("plan", "--detailed-exitcode")
        assert planned.code == 0, planned

    def recovers(self, fleet: Fleet) -> Ended:
        """One normal apply makes everything right, whatever happened before."""
        applied = self.apply()
        assert applied.code == 0, applied
        self.is_as(fleet)
        left = {path.name for path in self.state_file.parent.iterdir()}
        assert left <= {self.state_file.name, self.lock_file.name}
        self.plan_is_empty()
        return applied


@contextmanager
def world_in(
    folder: Path, launcher: Launcher, proxy: Proxy, template: Path | None = None
) -> Iterator[World]:
    """A world for the length of the block, empty or as ``template`` was left."""
    if template is not None:
        shutil.copytree(template, folder, dirs_exist_ok=True)
    with serving(launcher, folder / "platform.db") as server:
        proxy.reset(server.url)
        yield World(folder, launcher, server, proxy)
        proxy.heal()
        proxy.quiet()
