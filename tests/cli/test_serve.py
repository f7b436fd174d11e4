"""`retinue serve`: the embedded platform for everybody else."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import httpx2
import openai
import pytest
from tests.cli.conftest import KEY
from tests.cli.shell import Shell, serving


def status(url: str, key: str | None) -> int:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx2.get(f"{url}/models", headers=headers).status_code


def test_prints_its_base_url(server: str) -> None:
    assert server.startswith("http://127.0.0.1:")
    assert server.endswith("/v1")


def test_with_a_key_only_that_key_is_accepted(server: str) -> None:
    assert [status(server, key) for key in (KEY, "another", None)] == [200, 401, 401]


def test_without_a_key_any_is_accepted_but_none(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, url):
        assert [status(url, key) for key in ("any", None)] == [200, 401]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as (server, url):
        assert status(url, "any") == 200
        server.send_signal(number)
        assert server.wait(30) == 0


def test_serves_what_was_applied_in_process(applied: Shell) -> None:
    database = str(applied.root / ".retinue/platform.db")
    with serving(applied.root, "--db", database) as (_, url):
        client = openai.OpenAI(base_url=url, api_key="any")
        with client:
            assert [store.name for store in client.vector_stores.list()] == ["notes"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - it must refuse them
def test_refuses_the_network_without_a_key(tmp_path: Path, host: str) -> None:
    done = Shell(tmp_path)("serve", "--host", host, "--port", "0")
    assert done.code == 1
    assert "no key is set" in done.err


def test_a_port_in_use_is_an_error(tmp_path: Path, server: str) -> None:
    port = server.removesuffix("/v1").rpartition(":")[2]
    done = Shell(tmp_path)("serve", "--port", port)
    assert done.code == 1
    assert f"can't listen on 127.0.0.1:{port}" in done.err


def test_a_database_that_is_none_is_an_error(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.write({"notes.db": "this is no database" * 100})
    done = shell("serve", "--port", "0", "--db", "notes.db")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert (tmp_path / "notes.db").read_text("utf-8").startswith("this is no database")
