"""Puts the families together into one ASGI application, served under /v1."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Router

from retinue.local import blobs, pages
from retinue.local.automations import firing
from retinue.local.database import Database
from retinue.local.envelope import Envelope, answer_unrouted
from retinue.local.families import FAMILIES
from retinue.local.platform import Deadline, Limits, Platform
from retinue.local.search import chore
from retinue.local.sessions.hub import hub_of
from retinue.local.turns.echo import EchoModel
from retinue.local.turns.ports import Model
from retinue.local.turns.server import ModelServer
from retinue.local.work import leases, sandboxes
from retinue.local.work.runner import Runner

__all__ = ["ModelServer", "close_app", "create_app", "hang_up", "open_platform"]


def create_app(
    database: Path,
    *,
    key: str | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.time,
    model: ModelServer | Model | None = None,
    schedules: bool = False,
) -> Starlette:
    """The embedded platform on the SQLite file ``database``, made if it isn't there.

    Without ``key`` any non-empty bearer token is accepted. Several applications, also of several
    processes, may use one file at once. ``model`` is the server of the language models, or a model
    itself; without one the built-in echo model answers. With ``schedules`` those of automations
    fire, for as long as the application serves: not where a command only has a look, for its end
    would be the end of what it started. ``clock`` gives seconds since 1970 and, like ``limits``, is
    there for tests. Raises UsageError or StateForeign where the file can't be used.
    """
    platform = open_platform(
        database,
        limits=limits or Limits(),
        clock=clock,
        model=_model_on(model),
        embeddings=_embeddings_on(model),
    )
    routes = [route for family in FAMILIES for route in family.routes]
    # A redirect to the address without the slash would hide a wrong base URL.
    app = Starlette(
        routes=[Mount("/v1", app=Router(routes, redirect_slashes=False))],
        middleware=[Middleware(Envelope, key=key)],
        exception_handlers={HTTPException: answer_unrouted},
        lifespan=_firing if schedules else _lifespan,
    )
    app.router.redirect_slashes = False
    app.state.platform = platform
    return app


def _model_on(server: ModelServer | Model | None) -> Model:
    if not isinstance(server, ModelServer):
        return server or EchoModel()
    # An HTTP client is loaded only where there is somebody to talk to.
    from retinue.local.turns.upstream import UpstreamModel

    return UpstreamModel(server)


def _embeddings_on(server: ModelServer | Model | None) -> ModelServer | None:
    return server if isinstance(server, ModelServer) and server.embeddings else None


def hang_up(app: Starlette) -> None:
    """End the streams that have no end; for a server that stops and waits for its clients."""
    hub_of(app.state.platform).hang_up()


def close_app(app: Starlette) -> None:
    """Stop indexing and close the database; for use in process, where no server does."""
    platform: Platform = app.state.platform
    chore.close(platform)
    platform.database.close()


def open_platform(
    database: Path,
    *,
    limits: Limits,
    clock: Callable[[], float] = time.time,
    model: Model | None = None,
    embeddings: ModelServer | None = None,
) -> Platform:
    """Open the database with every family's tables and clear away what earlier runs left."""
    shared = (pages.SCHEMA, blobs.SCHEMA, leases.SCHEMA)
    schemas = (*shared, *(family.schema for family in FAMILIES))
    opened = Database(database, schemas=schemas)
    now = int(clock())
    blobs.collect(opened, now=now)
    pages.forget_tombstones(opened, now=now)
    firing.plan_unplanned(opened, now=now)
    deadlines = [deadline for family in FAMILIES for deadline in family.deadlines]
    chores = [each for family in FAMILIES for each in family.chores]
    if embeddings is not None and embeddings.embeddings:
        chores.append(chore.embedding(embeddings.embeddings))
    return Platform(
        database=opened,
        limits=limits,
        clock=clock,
        model=model or EchoModel(),
        runner=Runner(opened, clock),
        deadlines=(*deadlines, Deadline(leases.DUE, leases.ACT)),
        chores=chores,
        embeddings=embeddings,
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    platform: Platform = app.state.platform
    yield
    hang_up(app)
    await platform.runner.close()
    await sandboxes.close(platform)
    close_app(app)


@asynccontextmanager
async def _firing(app: Starlette) -> AsyncIterator[None]:
    async with _lifespan(app):
        clockwork = asyncio.create_task(firing.keep_time(app.state.platform), name="schedules")
        yield
        clockwork.cancel()
        await asyncio.gather(clockwork, return_exceptions=True)
