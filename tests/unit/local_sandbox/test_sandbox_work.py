"""Ordinary work: what a model asks of a code interpreter."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.local_sandbox.conftest import SHORT, Run, logs

from retinue.local.sandbox import (
    Execution,
    Image,
    InputFile,
    Limits,
    Logs,
    Sandbox,
    Sessions,
    find,
)

Printed = Callable[..., str]


def test_the_value_of_the_last_line_is_shown(printed: Printed) -> None:
    code = """
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
fibonacci(20)
"""
    assert printed(code) == "6765\n"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", ""),
        ("# nothing", ""),
        ("None", ""),
        ("x = 3", ""),
        ("'text'", "'text'\n"),
        ("print('a', end='')\n5", "a5\n"),
        ("import sys\nprint(1)\nprint(2, file=sys.stderr)\nprint(3)", "1\n2\n3\n"),
        ("import subprocess\nprint('a')\nsubprocess.run(['echo', 'b'])\nprint('c')", "a\nb\nc\n"),
        ("import sys; sys.exit()", ""),
        ("'für 数'", "'für 数'\n"),
        ("import os\nif os.fork(): os.wait(), print('parent')\nelse: print('child')",
         "child\nparent\n"),
    ],
)  # fmt: skip
def test_output_reads_as_in_a_notebook(printed: Printed, code: str, said: str) -> None:
    assert printed(code) == said


def test_an_exception_is_a_part_of_the_logs(run: Run) -> None:
    execution = run("def half(x):\n    return x / 0\nhalf(1)")
    assert execution.error is None
    assert logs(execution).splitlines()[0] == "Traceback (most recent call last):"
    assert '  File "<cell 1>", line 2, in half\n    return x / 0' in logs(execution)
    assert "worker.py" not in logs(execution)


def test_a_mistake_in_the_syntax_is_too(run: Run) -> None:
    said = logs(run("for x in\n  pass"))
    assert said.startswith('  File "<cell 1>", line 1')
    assert said.endswith("SyntaxError: invalid syntax\n")


def test_sys_exit_with_a_status_says_so(printed: Printed) -> None:
    assert printed("import sys; sys.exit(3)").endswith("SystemExit: 3\n")


def test_files_are_read_and_results_come_back(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "on-the-host.csv"
    table.write_text("name,points\nAda,3\nAlan,4\n")
    code = """
import csv
rows = list(csv.DictReader(open('/mnt/data/table.csv')))
total = sum(int(row['points']) for row in rows)
with open('/mnt/data/result.txt', 'w') as file:
    file.write(f'{total} points')
total
"""
    execution = run(code, files=[InputFile("table.csv", table), InputFile("other", [b"1", b"2"])])
    assert execution.outputs == (Logs("7\n"),)
    (file,) = execution.files
    assert (file.name, file.size, b"".join(file.chunks())) == ("result.txt", 8, b"7 points")


def test_a_changed_input_file_comes_back_and_the_original_stays(run: Run, tmp_path: Path) -> None:
    original = tmp_path / "a.txt"
    original.write_text("old")
    code = "import os; os.chmod('a.txt', 0o600); open('a.txt', 'w').write('new')"
    execution = run(code, files=[InputFile("a.txt", original)])
    assert [b"".join(file.chunks()) for file in execution.files] == [b"new"]
    assert original.read_text() == "old"


def test_input_files_are_read_only(printed: Printed) -> None:
    said = printed("open('a.txt', 'w')", files=[InputFile("a.txt", b"old")])
    assert "PermissionError" in said


def test_files_of_the_same_name_get_numbers(printed: Printed) -> None:
    files = [InputFile("a.csv", b"1"), InputFile("x/a.csv", b"2"), InputFile("a-2.csv", b"3")]
    code = "import os; [(n, open(n).read()) for n in sorted(os.listdir('.'))]"
    assert printed(code, files=files) == "[('a-2-2.csv', '3'), ('a-2.csv', '2'), ('a.csv', '1')]\n"


def test_a_large_file_goes_in_and_comes_out(run: Run) -> None:
    block = bytes(range(256)) * 4096
    code = "open('copy', 'wb').write(open('big', 'rb').read())"
    execution = run(code, files=[InputFile("big", [block] * 32)])
    (file,) = execution.files
    assert b"".join(file.chunks()) == block * 32


def test_a_file_that_is_not_there_is_the_callers_mistake(run: Run, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run("1", files=[InputFile("a", tmp_path / "missing")])


def test_the_standard_library_works(printed: Printed) -> None:
    code = """
import asyncio, concurrent.futures, json, multiprocessing, sqlite3, ssl, statistics, tempfile
async def main():
    await asyncio.sleep(0.01)
    return 'async'
print(asyncio.run(main()))
with concurrent.futures.ThreadPoolExecutor(4) as threads:
    print(sum(threads.map(abs, range(-10, 0))))
def square(x): return x * x
with multiprocessing.get_context('fork').Pool(2) as pool:
    print(pool.map(square, [1, 2, 3]))
database = sqlite3.connect('data.db')
database.execute('create table t (x)')
with tempfile.NamedTemporaryFile() as file:
    print(file.write(b'abc'))
from dataclasses import dataclass
@dataclass
class Point:
    x: int
Point(1)
"""
    assert printed(code).splitlines() == ["async", "55", "[1, 4, 9]", "3", "Point(x=1)"]


def test_twenty_runs_at_once_do_not_see_each_other(sandbox: Sandbox) -> None:
    code = "import os, time\nopen('mine', 'w').write('{n}')\ntime.sleep(0.2)\nos.listdir('.'), {n}"

    async def all_at_once() -> list[Execution]:
        runs = (sandbox.run(code.format(n=n), limits=Limits(wall_seconds=60)) for n in range(20))
        return await asyncio.gather(*runs)

    executions = asyncio.run(all_at_once())
    assert [logs(each) for each in executions] == [f"(['mine'], {n})\n" for n in range(20)]
    for n, execution in enumerate(executions):
        assert b"".join(execution.files[0].chunks()) == str(n).encode()
        execution.close()


# --- sessions -----------------------------------------------------------------------------------


def test_variables_functions_and_files_live_on(sandbox: Sandbox) -> None:
    async def conversation() -> list[Execution]:
        async with sandbox.session(SHORT) as session:
            cells = [
                "x = 20\ndef double(n): return 2 * n\nopen('note', 'w').write('kept')",
                "1/0",
                "double(x) + 2, open('note').read()",
            ]
            return [await session.run(cell) for cell in cells]

    first, second, third = asyncio.run(conversation())
    assert [file.name for file in first.files] == ["note"]
    assert '"<cell 2>"' in logs(second)
    assert logs(third) == "(42, 'kept')\n"
    assert third.files == ()  # it did not change
    assert (first.fresh, third.fresh) == (True, False)
    first.close()


def test_files_with_an_identity_are_sent_once(sandbox: Sandbox) -> None:
    sent = []

    def chunks(name: str) -> list[bytes]:
        sent.append(name)
        return [name.encode()]

    class Counted(list[bytes]):
        def __iter__(self):  # type: ignore[no-untyped-def] # noqa: ANN204
            return iter(chunks("x"))

    async def conversation() -> str:
        file = InputFile("a.txt", Counted(), identity="file-1")
        other = InputFile("a.txt", b"other", identity="file-2")
        async with sandbox.session(SHORT) as session:
            await session.run("1", files=[file])
            said = await session.run("import os; sorted(os.listdir('.'))", files=[other, file])
            return logs(said)

    assert asyncio.run(conversation()) == "['a-2.txt', 'a.txt']\n"
    assert sent == ["x"]


def test_after_a_timeout_a_session_starts_afresh(sandbox: Sandbox) -> None:
    async def conversation() -> list[Execution]:
        async with sandbox.session(Limits(wall_seconds=1)) as session:
            cells = ["x = 1", "import time; time.sleep(9)", "'x' in globals()"]
            return [await session.run(cell) for cell in cells]

    _, stopped, after = asyncio.run(conversation())
    assert stopped.cause == "timeout"
    assert (after.fresh, logs(after)) == (True, "False\n")


def test_closing_a_session_that_is_just_starting_leaves_nothing_behind(sandbox: Sandbox) -> None:
    async def conversation() -> bool:
        session = sandbox.session(SHORT)
        starting = asyncio.ensure_future(session.run("1"))
        await asyncio.sleep(0)
        await session.close()
        await starting
        return session.alive

    assert not asyncio.run(conversation())


def test_calls_of_one_session_take_turns(sandbox: Sandbox) -> None:
    async def conversation() -> list[str]:
        async with sandbox.session(SHORT) as session:
            await session.run("n = 0")
            cell = "import time\nm = n\ntime.sleep(0.02)\nn = m + 1\nn"
            executions = await asyncio.gather(*(session.run(cell) for _ in range(5)))
            return [logs(each) for each in executions]

    assert sorted(asyncio.run(conversation())) == [f"{n}\n" for n in range(1, 6)]


def test_sessions_are_kept_by_key_and_bounded(sandbox: Sandbox) -> None:
    async def conversation() -> list[str]:
        said = []
        sessions = Sessions(sandbox, limits=SHORT, at_most=2)
        for key, cell in [("a", "x = 1"), ("b", "x = 2"), ("a", "x"), ("c", "x = 3"),
                          ("a", "x"), ("b", "'x' in globals()")]:  # fmt: skip
            async with sessions.use(key) as session:
                said.append(logs(await session.run(cell)))
        await sessions.close()
        return said

    assert asyncio.run(conversation()) == ["", "", "1\n", "", "1\n", "False\n"]


def test_more_keys_than_places_wait_for_each_other(sandbox: Sandbox) -> None:
    async def conversation() -> list[str]:
        sessions = Sessions(sandbox, limits=SHORT, at_most=2)

        async def one(key: int) -> str:
            async with sessions.use(str(key)) as session:
                return logs(await session.run(f"{key}"))

        said = await asyncio.gather(*(one(key) for key in range(7)))
        await sessions.close()
        return said

    assert asyncio.run(conversation()) == [f"{n}\n" for n in range(7)]


def test_a_session_that_rested_too_long_is_closed(sandbox: Sandbox) -> None:
    async def conversation() -> bool:
        sessions = Sessions(sandbox, limits=SHORT, keep_seconds=0)
        async with sessions.use("a") as session:
            await session.run("1")
            await sessions.tidy()
            assert session.alive  # nobody closes what is used
        await asyncio.sleep(0.01)
        await sessions.tidy()
        return session.alive

    assert not asyncio.run(conversation())


# --- plots --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def plotting() -> Sandbox:
    """A sandbox whose interpreter has matplotlib: the system's, or one that the tester names."""
    places = [Path(os.environ.get("RETINUE_TEST_PLOTTING_PYTHON", "/usr/bin/python3"))]
    for python in places:
        found = find(python) if python.exists() else None
        if isinstance(found, Sandbox):
            tried = asyncio.run(found.run("import matplotlib", limits=SHORT))
            if not logs(tried):
                return found
    pytest.skip("no interpreter with matplotlib")


def test_figures_come_back_as_pictures_in_their_place(plotting: Sandbox) -> None:
    code = """
import matplotlib.pyplot as plt
print('first')
plt.plot([1, 2, 3])
plt.show()
print('second')
plt.figure()
plt.bar([1, 2], [3, 4])
plt.savefig('saved.png')
"""
    execution = asyncio.run(plotting.run(code, limits=Limits(wall_seconds=60)))
    kinds = [each.text if isinstance(each, Logs) else each.name for each in execution.outputs]
    assert kinds == ["first\n", "figure-1.png", "second\n", "figure-2.png"]
    assert all(each.data[:4] == b"\x89PNG" for each in execution.outputs if isinstance(each, Image))
    assert [file.name for file in execution.files] == ["saved.png"]
    execution.close()
