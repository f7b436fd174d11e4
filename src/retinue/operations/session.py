"""An opened stack: its project, its state and its platform."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from retinue.kinds.base import Adapter
from retinue.operations.desired import adapters
from retinue.platform.connect import Endpoint, Local, Remote, connect, name_of
from retinue.project import LocalPlatform, Project
from retinue.state.local import LocalState


@dataclass(frozen=True, slots=True)
class Session:
    """project: the settings. adapters: the open platform, by type name. platform: its name."""

    project: Project
    adapters: Mapping[str, Adapter]
    platform: str


def state_of(project: Project) -> LocalState:
    """The state of the project's stack."""
    return LocalState(project.state_path, project=project.name, stack=project.stack)


def endpoint_of(project: Project) -> Endpoint:
    """Where the project's platform is; the key comes from the environment."""
    platform = project.platform
    if isinstance(platform, LocalPlatform):
        return Local(database=platform.database)
    return Remote(
        base_url=platform.base_url,
        api_key=project.environ.get(platform.api_key_env) or None,
        key_name=platform.api_key_env,
        timeout=platform.timeout or 60.0,
    )


@contextlib.asynccontextmanager
async def open_session(project: Project, *, parallelism: int) -> AsyncIterator[Session]:
    """Connect to the project's platform.

    Raises:
        AuthenticationFailed: a server elsewhere needs a key, and there is none.
    """
    endpoint = endpoint_of(project)
    async with connect(endpoint, parallelism=parallelism) as client:
        yield Session(project, adapters(client), name_of(endpoint))
