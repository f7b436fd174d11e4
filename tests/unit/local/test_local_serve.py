"""The platform on a real socket: announced, spoken to by the SDK, stopped by a signal."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openai import AuthenticationError, OpenAI

from retinue.errors import UsageError
from retinue.local import serve as serving
from retinue.local.serve import serve

RUN = """
import sys
from pathlib import Path
from retinue.local.serve import serve
key = sys.argv[2] or None
serve(database=Path(sys.argv[1]), key=key, announce=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


@contextmanager
def _running(database: Path, key: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", RUN, str(database), key],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_and_stops(database: Path, number: signal.Signals) -> None:
    with _running(database) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/v1")
        with OpenAI(api_key="any", base_url=url) as client:
            made = client.files.create(file=("a.txt", b"a" * 3_000_000), purpose="assistants")
            assert client.files.content(made.id).read() == b"a" * 3_000_000
            assert client.vector_stores.create(file_ids=[made.id]).file_counts.total == 1
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "stopped\n", "")


def test_a_listener_holds_up_no_stop(database: Path) -> None:
    with _running(database) as (process, url), OpenAI(api_key="k", base_url=url) as client:
        sessions = client.beta.agents.sessions
        made = sessions.create(agent={"model": "echo"}, environment={"type": "none"}, input="hi")
        with sessions.events.stream(made.id) as stream:
            heard = next(iter(stream))
            process.send_signal(signal.SIGTERM)
            assert process.communicate(timeout=20) == ("stopped\n", "")
    assert heard.type.startswith("agent.session.")


def test_an_upload_that_breaks_off_leaves_no_file(database: Path) -> None:
    head = (
        b"POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    )
    with _running(database) as (process, url):
        address = ("127.0.0.1", int(url.split(":")[2].removesuffix("/v1")))
        with socket.create_connection(address) as connection:
            connection.sendall(head + b"a" * 3_000_000)
        with OpenAI(api_key="k", base_url=url) as client:
            assert client.files.list().data == []
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20) == ("stopped\n", "")


def test_checks_the_key(database: Path) -> None:
    with _running(database, "house-key") as (_, url):
        with OpenAI(api_key="house-key", base_url=url) as client:
            assert [model.id for model in client.models.list()] == ["echo"]
        with OpenAI(api_key="other", base_url=url) as client, pytest.raises(AuthenticationError):
            client.models.list()


def test_runs_beside_other_threads(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off the main thread no signal handler can be set; the server must work all the same."""
    servers: list[serving._Server] = []
    announced, urls = threading.Event(), list[str]()

    class Remembered(serving._Server):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            servers.append(self)

    def announce(url: str) -> None:
        urls.append(url)
        announced.set()

    monkeypatch.setattr(serving, "_Server", Remembered)
    thread = threading.Thread(
        target=serve, kwargs={"database": database, "key": None, "announce": announce}
    )
    thread.start()
    assert announced.wait(10)
    with OpenAI(api_key="any", base_url=urls[0]) as client:
        assert client.vector_stores.list().data == []
    servers[0].should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.invalid"])  # noqa: S104 - refused
def test_refuses_an_open_door(database: Path, host: str) -> None:
    with pytest.raises(UsageError, match="no key is set") as caught:
        serve(database=database, host=host, key=None, announce=print)
    assert caught.value.hint
    assert "key" in caught.value.hint
    assert not database.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.0.1"])
def test_knows_loopback(host: str) -> None:
    assert serving._is_loopback(host)


def test_says_when_the_port_is_taken(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}"):
            serve(database=database, port=port, key=None, announce=print)
    with pytest.raises(UsageError):
        serve(database=database, port=70_000, key=None, announce=print)


def test_an_ipv6_address_is_put_in_brackets() -> None:
    class Listener:
        def getsockname(self) -> tuple[str, int, int, int]:
            return ("::1", 8080, 0, 0)

    assert serving._base_url(Listener()) == "http://[::1]:8080/v1"  # type: ignore[arg-type]
