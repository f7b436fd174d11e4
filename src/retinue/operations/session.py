"""An opened stack: its project, its state and its platform."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from retinue.engine.entry import Snapshot
from retinue.errors import PlatformError, Refused
from retinue.kinds.api import Object
from retinue.kinds.base import Adapter
from retinue.operations.desired import adapters
from retinue.platform.client import Observe, PlatformClient
from retinue.platform.connect import connect
from retinue.platform.endpoints import Endpoint, Local, Remote, name_of
from retinue.project import Project
from retinue.state.local import LocalState


@dataclass(frozen=True, slots=True)
class Session:
    """project: the settings. adapters: the open platform, by type name. platform: its name.
    models: asks it for its models. give_up: wait no longer where the platform says wait."""

    project: Project
    adapters: Mapping[str, Adapter]
    platform: str
    models: Callable[[], Awaitable[Sequence[Object]]]
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
    if isinstance(platform, Local):
        return platform
    return Remote(
        base_url=platform.base_url,
        api_key=project.environ.get(platform.api_key_env) or None,
        key_name=platform.api_key_env,
        timeout=platform.timeout or 60.0,
        max_parallel=platform.max_parallel,
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
        models = functools.partial(models_of, client)
        yield Session(project, adapters(client), name_of(endpoint), models, client.give_up)


async def models_of(client: PlatformClient) -> Sequence[Object]:
    """The models that the platform lists; none where it doesn't say."""
    try:
        return tuple((await client.page("/models"))["data"])
    except PlatformError:
        return ()


class Opener(Protocol):
    """Connects to a project's platform; `open_session` is the one that is used outside tests."""

    def __call__(
        self, project: Project, *, parallelism: int
    ) -> AbstractAsyncContextManager[Session]: ...
