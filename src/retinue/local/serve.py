"""Runs the embedded platform on a socket until it is told to stop.

Everything about the protocol is in ``app``; this only binds, announces and ends cleanly.
"""

from __future__ import annotations

import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import uvicorn

from retinue.errors import UsageError
from retinue.local.app import create_app, hang_up
from retinue.local.turns.server import ModelServer

__all__ = ["ModelServer", "serve"]

_GRACE_SECONDS = 5
_LAST_PORT = 65_535


def serve(
    *,
    database: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    key: str | None,
    announce: Callable[[str], None],
    model: ModelServer | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return; requests under way get 5 seconds to end.

    ``announce`` is called once, with the base URL for clients (it ends in /v1), as soon as the
    server listens; port 0 takes a free one. Without ``model`` the echo model answers. Raises
    UsageError where the address can't be bound or would be open to the network without a key, and
    what ``create_app`` raises.
    """
    if key is None and not _is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, and no key is set",
            hint="set a key that clients have to send, or serve on 127.0.0.1",
        )
    listener = _listen(host, port)
    with closing(listener):
        app = create_app(database, key=key, model=model, schedules=True)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        server = _Server(config, lambda: announce(_base_url(listener)), lambda: hang_up(app))
        server.run(sockets=[listener])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _LAST_PORT:
        raise _no_listening(host, port, f"ports go from 0 to {_LAST_PORT}")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(address[0]), port), family=family)
    except OSError as error:
        raise _no_listening(host, port, error) from error


def _no_listening(host: str, port: int, reason: object) -> UsageError:
    return UsageError(
        f"can't listen on {host}:{port}: {reason}",
        hint="choose another port, or 0 for any free one",
    )


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"


class _Server(uvicorn.Server):
    """Uvicorn's server, told to announce itself, to treat a signal as a normal end, and to hang up
    on those who would listen for ever."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], hang_up: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._hang_up = hang_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hang_up()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # The original raises the signal again after the shutdown, which ends the process; here
        # the caller goes on and says goodbye. Handlers belong to the main thread alone.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self.handle_exit) for each in handled}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
