"""What a family of endpoints brings along: its tables, its deadlines and its routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.routing import Route

from retinue.local.calls import Endpoint, Handler, answering
from retinue.local.platform import Chore, Deadline


@dataclass(frozen=True, slots=True)
class Family:
    """One module of ``families``. ``schema`` must be safe to run on a database that has it."""

    routes: Sequence[Route]
    schema: str = ""
    deadlines: Sequence[Deadline] = ()
    chores: Sequence[Chore] = ()


def get(path: str, handler: Handler, *, beta: Sequence[str] = ()) -> Route:
    """The route of a reading endpoint; ``path`` is relative to /v1."""
    return route("GET", path, answering(handler, beta=beta))


def post(path: str, handler: Handler, *, beta: Sequence[str] = ()) -> Route:
    """The route of a writing endpoint with a JSON body."""
    return route("POST", path, answering(handler, beta=beta))


def delete(path: str, handler: Handler, *, beta: Sequence[str] = ()) -> Route:
    """The route of a deleting endpoint."""
    return route("DELETE", path, answering(handler, beta=beta))


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """A route with an endpoint of its own, for answers or bodies that stream."""
    return Route(path, endpoint, methods=[method])
