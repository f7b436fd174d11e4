"""An opened stack: its project, its state and its platform."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from retinue.engine.entry import Snapshot
from retinue.errors import Refused
from retinue.kinds.base import Adapter
from retinue.operations.desired import adapters
from retinue.platform.client import Observe
from retinue.platform.connect import Endpoint, Local, Model, Remote, connect, name_of
from retinue.project import LocalPlatform, Project
from retinue.state.local import LocalState


@dataclass(frozen=True, slots=True)
class Session:
    """project: the settings. adapters: the open platform, by type name. platform: its name.
    give_up: wait no longer where the platform says wait."""

    project: Project
    adapters: Mapping[str, Adapter]
    platform: str
    give_up: Callable[[], None] = lambda: None


def state_of(project: Project) -> LocalState:
    """The state of the project's stack."""
    return LocalState(project.state_path, project=project.name, stack=project.stack)


def require_home(snapshot: Snapshot, session: Session) -> None:
    """Make sure that the objects in ``snapshot`` are on the platform that is open.

    Raises:
        Refused: they are elsewhere; one state can't name the objects of two platforms.
    """
    if snapshot.home not in ("", session.platform):
        raise Refused(
            f"the state's objects are on {snapshot.home}, this is {session.platform}",
            hint="correct platform.base_url, or give the new platform a stack of its own",
        )


def endpoint_of(project: Project) -> Endpoint:
    """Where the project's platform is; the key comes from the environment."""
    platform = project.platform
    if isinstance(platform, LocalPlatform):
        given = platform.model
        model = (
            Model(
                base_url=given.base_url,
                api_key=given.api_key,
                names=given.names,
                embeddings=given.embeddings,
            )
            if given
            else None
        )
        return Local(database=platform.database, model=model)
    return Remote(
        base_url=platform.base_url,
        api_key=project.environ.get(platform.api_key_env) or None,
        key_name=platform.api_key_env,
        timeout=platform.timeout or 60.0,
    )


@contextlib.asynccontextmanager
async def open_session(
    project: Project, *, parallelism: int, observe: Observe = contextlib.nullcontext
) -> AsyncIterator[Session]:
    """Connect to the project's platform; ``observe`` is told of every request.

    Raises:
        AuthenticationFailed: a server elsewhere needs a key, and there is none.
    """
    endpoint = endpoint_of(project)
    async with connect(endpoint, parallelism=parallelism, observe=observe) as client:
        yield Session(project, adapters(client), name_of(endpoint), client.give_up)
