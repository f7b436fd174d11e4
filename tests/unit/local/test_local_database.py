"""The one file: private, shared between processes, and never mistaken for another program's."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from retinue.errors import StateForeign, UsageError
from retinue.local import blobs, pages
from retinue.local.app import close_app, create_app, open_platform
from retinue.local.blobs import BlobWriter
from retinue.local.platform import Limits

HOUR = 3600

WRITER = """
import asyncio, sys
from pathlib import Path
import httpx2
from retinue.local.app import close_app, create_app

async def main(database, name, count):
    app = create_app(Path(database))
    headers = {"Authorization": "Bearer k", "OpenAI-Beta": "assistants=v2"}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://x/v1", headers=headers
    ) as http:
        for number in range(count):
            body = {"model": "m", "name": f"{name}-{number}"}
            answer = await http.post("/assistants", json=body)
            assert answer.status_code == 200, answer.text
            answer = await http.get("/assistants")
            assert answer.status_code == 200, answer.text
    close_app(app)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def test_several_processes_write_at_once(database: Path) -> None:
    """They also race to create the file and its tables."""
    count, names = 40, ("a", "b", "c")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(database), name, str(count)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    platform = open_platform(database, limits=Limits())
    with platform.read() as connection:
        rows = connection.execute("SELECT fields ->> 'name' AS name, id FROM assistants").fetchall()
    platform.database.close()
    assert {row["name"] for row in rows} == {f"{n}-{i}" for n in names for i in range(count)}
    assert len({row["id"] for row in rows}) == len(names) * count


def test_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "platform.db"
    close_app(create_app(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.anyio
async def test_everything_survives_a_restart(app: Starlette, database: Path) -> None:
    headers = {"Authorization": "Bearer k"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http:
        made = await http.post("http://x/v1/vector_stores", json={"name": "a"}, headers=headers)
    close_app(app)
    again = create_app(database, clock=app.state.platform.clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=again)) as http:
        path = f"http://x/v1/vector_stores/{made.json()['id']}"
        assert (await http.get(path, headers=headers)).json() == made.json()
    close_app(again)


def _with_pragma(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    _with_pragma(path, "CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(StateForeign, match="another program"):
        create_app(path)
    assert path.read_bytes() == before


def test_a_newer_retinues_database_is_left_alone(database: Path) -> None:
    close_app(create_app(database))
    _with_pragma(database, "PRAGMA user_version = 99")
    with pytest.raises(StateForeign, match="newer Retinue"):
        create_app(database)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all " * 100)
    with pytest.raises(UsageError, match="can't be used") as caught:
        create_app(path)
    assert caught.value.hint
    with pytest.raises(UsageError):
        create_app(tmp_path)
    with pytest.raises(UsageError):
        create_app(path / "below.db")


def test_a_failed_transaction_leaves_nothing(database: Path) -> None:
    platform = open_platform(database, limits=Limits())

    def fail() -> None:
        with platform.write() as connection:
            connection.execute("INSERT INTO blobs (touched_at) VALUES (1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with platform.read() as connection:
        assert connection.execute("SELECT count(*) FROM blobs").fetchone()[0] == 0
    platform.database.close()


def test_what_dead_uploads_left_is_collected(database: Path) -> None:
    platform = open_platform(database, limits=Limits(), clock=lambda: 1000)
    for _ in range(2):
        writer = BlobWriter(platform.database, now=1000)
        writer.full_after(b"a" * 20 * blobs.CHUNK_BYTES)
        writer.flush()
    with platform.write() as connection:
        writer.keep(connection)
    blobs.collect(platform.database, now=1000 + HOUR)
    assert _count(database, "blobs") == 2
    platform.database.close()
    open_platform(database, limits=Limits(), clock=lambda: 1001 + HOUR).database.close()
    assert (_count(database, "blobs"), _count(database, "blob_chunks")) == (1, 20)


def test_tombstones_are_forgotten_after_a_day(database: Path) -> None:
    platform = open_platform(database, limits=Limits())
    with platform.write() as connection:
        connection.execute(
            "INSERT INTO tombstones (scope, id, created_at, seq, deleted_at)"
            " VALUES ('files', 'file-a', 1, 1, 1000)"
        )
    pages.forget_tombstones(platform.database, now=1000 + 24 * HOUR)
    assert _count(database, "tombstones") == 1
    pages.forget_tombstones(platform.database, now=1001 + 24 * HOUR)
    assert _count(database, "tombstones") == 0
    platform.database.close()


def _count(database: Path, table: str) -> int:
    connection = sqlite3.connect(database)
    found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - a name of this file
    connection.close()
    return found


def test_the_package_itself_imports_nothing_heavy() -> None:
    assert _loaded("retinue.local", "starlette", "sqlite3", "asyncio") == "[]"


def test_the_application_needs_no_client_library() -> None:
    assert _loaded("retinue.local.app", "openai", "pydantic", "httpx2", "uvicorn") == "[]"


def _loaded(module: str, *names: str) -> str:
    """Which of ``names`` come along when ``module`` is imported, as printed by a new process."""
    check = f"import sys, {module}; print([name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_second_opening_in_one_process_keeps_the_locks_of_the_first(tmp_path: Path) -> None:
    """A process that knows of no other connection drops the log that the others still read."""
    database = tmp_path / "platform.db"
    first = create_app(database)
    first.state.platform.database.close()
    held = sqlite3.connect(database)
    held.execute("SELECT count(*) FROM files").fetchall()
    second = create_app(database)
    visit = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM files')"
    subprocess.run([sys.executable, "-c", visit, str(database)], check=True)
    assert database.with_name("platform.db-wal").exists()
    held.close()
    for app in (first, second):
        close_app(app)
