"""Puts the families together into one ASGI application, served under /v1."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Router

from retinue.local import blobs, pages
from retinue.local.database import Database
from retinue.local.envelope import Envelope, answer_unrouted
from retinue.local.families import FAMILIES
from retinue.local.platform import Limits, Platform


def create_app(
    database: Path,
    *,
    key: str | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The embedded platform on the SQLite file ``database``, made if it isn't there.

    Without ``key`` any non-empty bearer token is accepted. Several applications, also of several
    processes, may use one file at once. ``clock`` gives seconds since 1970 and, like ``limits``,
    is there for tests. Raises UsageError or StateForeign where the file can't be used.
    """
    platform = open_platform(database, limits=limits or Limits(), clock=clock)
    routes = [route for family in FAMILIES for route in family.routes]
    # A redirect to the address without the slash would hide a wrong base URL.
    app = Starlette(
        routes=[Mount("/v1", app=Router(routes, redirect_slashes=False))],
        middleware=[Middleware(Envelope, key=key)],
        exception_handlers={HTTPException: answer_unrouted},
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.platform = platform
    return app


def close_app(app: Starlette) -> None:
    """Close the application's database connections; for use in process, where no server does."""
    platform: Platform = app.state.platform
    platform.database.close()


def open_platform(
    database: Path, *, limits: Limits, clock: Callable[[], float] = time.time
) -> Platform:
    """Open the database with every family's tables and clear away what earlier runs left."""
    shared = (pages.SCHEMA, blobs.SCHEMA)
    schemas = (*shared, *(family.schema for family in FAMILIES))
    opened = Database(database, schemas=schemas)
    now = int(clock())
    blobs.collect(opened, now=now)
    pages.forget_tombstones(opened, now=now)
    deadlines = tuple(deadline for family in FAMILIES for deadline in family.deadlines)
    return Platform(database=opened, limits=limits, clock=clock, deadlines=deadlines)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    close_app(app)
