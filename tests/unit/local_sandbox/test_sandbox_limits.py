"""Code that takes too much: time, memory, disk, processes, output. All of it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path

import pytest
from tests.unit.local_sandbox.conftest import SHORT, Run, logs

from retinue.local.sandbox import Execution, InputFile, Limits, Sandbox
from retinue.local.sandbox.model import MIB

BRIEF = Limits(wall_seconds=1, cpu_seconds=5)


def parents() -> dict[int, int]:
    """Every process of this machine and its parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(fields[1])
    return found


def children() -> set[int]:
    """Our child processes, zombies included."""
    return {child for child, parent in parents().items() if parent == os.getpid()}


def descendants(ancestor: int) -> set[int]:
    known = parents()
    found = {ancestor}
    while more := {pid for pid, parent in known.items() if parent in found} - found:
        found |= more
    return found


def running(marker: str) -> list[str]:
    """Command lines on the host that hold ``marker``."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker in (entry / "cmdline").read_text(errors="replace"):
                found.append(entry.name)
        except OSError:
            continue
    return found


def gone(marker: str) -> bool:
    """Whether a process ends within a moment."""
    for _ in range(50):
        if not running(marker):
            return True
        time.sleep(0.02)
    return False


def test_sleeping_for_ever_is_a_timeout_and_what_was_printed_is_kept(run: Run) -> None:
    before = children()
    execution = run("print('begun')\nimport time\nwhile True: time.sleep(1)", limits=BRIEF)
    assert execution.cause == "timeout"
    assert execution.error == "The code ran longer than 1 seconds and was stopped."
    assert logs(execution) == "begun\n"
    assert 1 <= execution.seconds < 5
    assert children() == before


DEAF = """
import signal
for n in range(1, 64):
    try:
        signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
"""


@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "10 ** 10 ** 10",
        "import re; re.match('(a+)+$', 'a' * 64 + 'b')",
        DEAF,
        "import os\nos.fork(), os.fork()\nwhile True: pass",
    ],
    ids=["loop", "number", "regular expression", "deaf", "several"],
)
def test_burning_the_processor_is_stopped(run: Run, loop: str) -> None:
    execution = run(loop, limits=Limits(wall_seconds=15, cpu_seconds=0.5))
    assert execution.cause == "cpu"
    assert execution.seconds < 10


def test_a_fork_bomb_ends_with_the_run(sandbox: Sandbox) -> None:
    code = "import os\nwhile True:\n try: os.fork()\n except OSError: pass"
    most = 0

    async def attack() -> Execution:
        nonlocal most
        async with sandbox.session(Limits(wall_seconds=2, cpu_seconds=60)) as session:
            await session.run("1")
            assert session._room is not None
            holder = session._room.pid
            running_bomb = asyncio.ensure_future(session.run(code))
            while not running_bomb.done():
                most = max(most, len(await asyncio.to_thread(descendants, holder)))
                await asyncio.sleep(0.05)
            return await running_bomb

    before = children()
    execution = asyncio.run(attack())
    assert execution.cause in {"timeout", "cpu"}
    assert 10 < most < 64 + 5  # it did go off, and no further than it may
    assert children() == before


def test_a_thread_bomb_meets_the_same_bound(run: Run) -> None:
    code = """
import threading, time
try:
    for count in range(1000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError:
    print(count)
"""
    count = int(logs(run(code, limits=Limits(wall_seconds=10, processes=32))))
    assert 5 < count < 32


def test_one_process_cannot_have_more_memory_than_allowed(run: Run) -> None:
    limits = Limits(wall_seconds=20, memory_bytes=256 * MIB)
    execution = run("x = bytearray(400 * 1024 * 1024)", limits=limits)
    assert execution.error is None
    assert logs(execution).endswith("MemoryError\n")


@pytest.mark.parametrize("shared", [False, True])
def test_many_processes_together_cannot_either(run: Run, shared: bool) -> None:  # noqa: FBT001
    code = f"""
import mmap, os, time
for _ in range(16):
    if os.fork() == 0:
        if {shared}:
            block = mmap.mmap(-1, 80 << 20)
            for at in range(0, 80 << 20, 4096): block[at] = 1
        else:
            block = bytearray(os.urandom(1)) * (80 << 20)
        time.sleep(60)
time.sleep(60)
"""
    execution = run(code, limits=Limits(wall_seconds=20, memory_bytes=256 * MIB))
    assert execution.cause == "memory"


@pytest.mark.parametrize("folder", ["/mnt/data", "/tmp", "/dev/shm"])  # noqa: S108
def test_filling_a_folder_meets_its_size(run: Run, folder: str) -> None:
    code = f"""
import os
written = 0
try:
    for n in range(1000):
        with open('{folder}/.fill%d' % n, 'wb', buffering=0) as file:
            written += file.write(b'x' * (1 << 20))
except OSError as error:
    print(error.strerror)
print(written >> 20)
"""
    limits = Limits(wall_seconds=20, disk_bytes=16 * MIB, scratch_bytes=16 * MIB)
    said = logs(run(code, limits=limits)).splitlines()
    assert said[0] == "No space left on device"
    assert int(said[1]) <= 16


def test_one_file_cannot_be_larger_than_allowed(run: Run) -> None:
    limits = Limits(wall_seconds=20, file_bytes=MIB)
    code = "import os\nf = open('.big', 'wb')\ntry: os.truncate('.big', 1 << 40)\nexcept OSError as e: print(e.strerror)"  # noqa: E501
    assert logs(run(code, limits=limits)) == "File too large\n"


def test_a_flood_of_empty_files_is_stopped(run: Run) -> None:
    code = "n = 0\nwhile True:\n n += 1\n open(f'.{n}', 'w').close()"
    assert run(code, limits=Limits(wall_seconds=20, inodes=2000)).cause == "disk"


def test_open_files_are_bounded(run: Run) -> None:
    code = "files = []\ntry:\n while True: files.append(open('/dev/null'))\nexcept OSError: print(len(files))"  # noqa: E501
    assert 50 < int(logs(run(code, limits=SHORT))) < 256


def test_long_output_keeps_its_beginning_and_its_end(run: Run) -> None:
    code = "for n in range(200_000): print('line', n)\n1/0"
    execution = run(code, limits=Limits(wall_seconds=60, output_bytes=8192))
    said = logs(execution)
    assert execution.error is None
    assert said.startswith("line 0\nline 1\n")
    assert said.endswith("ZeroDivisionError: division by zero\n")
    assert "bytes of output left out" in said
    assert len(said) < 8192 + 100


def test_output_without_end_is_stopped(run: Run) -> None:
    code = "import os\nwhile True: os.write(1, b'y' * 65536)"
    execution = run(code, limits=Limits(wall_seconds=60, cpu_seconds=60, output_bytes=8192))
    assert execution.cause == "output"
    assert len(logs(execution)) < 8192 + 100


def test_pictures_and_results_are_bounded_in_number(run: Run) -> None:
    png = "b'\\x89PNG\\r\\n\\x1a\\n'"
    code = f"""
from retinue.local.sandbox.inside import worker
for n in range(50):
    worker.pictures[0]({png})
    open(f'{{n:03}}.txt', 'w').write('x')
"""
    execution = run(code, limits=Limits(wall_seconds=20, images=3, results=4))
    assert len([each for each in execution.outputs if hasattr(each, "data")]) == 3
    assert [file.name for file in execution.files] == ["000.txt", "001.txt", "002.txt", "003.txt"]
    assert "[46 more files in /mnt/data were not kept]" in logs(execution)


def test_results_are_bounded_in_size(run: Run) -> None:
    code = "open('a-big', 'w').write('x' * 3000)\nopen('small', 'w').write('x')"
    execution = run(code, limits=Limits(wall_seconds=20, result_bytes=2000))
    assert [(file.name, file.size) for file in execution.files] == [("small", 1)]


def test_an_input_file_that_does_not_fit_is_an_error(run: Run) -> None:
    limits = Limits(wall_seconds=20, disk_bytes=MIB)
    execution = run("1", files=[InputFile("big.bin", b"x" * (2 * MIB))], limits=limits)
    assert execution.cause == "files"
    assert execution.error == "The file 'big.bin' does not fit: No space left on device."


def test_code_that_is_too_long_is_not_run(run: Run) -> None:
    execution = run("#" * 2000, limits=Limits(code_bytes=1000))
    assert execution.error == "The code is too long to be run."


@pytest.mark.parametrize(
    ("code", "cause", "error"),
    [
        ("import os; os._exit(3)", "exited", "by the code, with exit status 3"),
        ("import os; os.abort()", "killed", "by signal 6"),
        ("import os; os.kill(os.getpid(), 9)", "killed", "by signal 9"),
        ("import ctypes; ctypes.string_at(0)", "killed", "by signal 11"),
    ],
)
def test_an_interpreter_that_dies_is_reported(run: Run, code: str, cause: str, error: str) -> None:
    execution = run("print('before')\n" + code)
    assert (execution.cause, logs(execution)) == (cause, "before\n")
    assert error in str(execution.error)


DAEMON = """
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', '{marker}'])
    os._exit(0)
subprocess.Popen(['sleep', '600', ], start_new_session=True)
import time; time.sleep(0.3)
print(len([p for p in os.listdir('/proc') if p.isdigit()]))
"""


LIVING = """
def state(pid): return open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[0]
[pid for pid in os.listdir('/proc') if pid.isdigit() and state(pid) != 'Z']
"""


def test_a_daemon_dies_with_the_run(run: Run) -> None:
    marker = f"retinue-daemon-{os.getpid()}"
    assert int(logs(run(DAEMON.format(marker=marker)))) >= 4
    assert gone(marker)


def test_in_a_session_what_was_started_does_not_outlive_the_call(sandbox: Sandbox) -> None:
    marker = f"retinue-session-daemon-{os.getpid()}"

    async def two_calls() -> str:
        async with sandbox.session(SHORT) as session:
            await session.run(DAEMON.format(marker=marker))
            assert gone(marker)
            return logs(await session.run(LIVING))

    assert asyncio.run(two_calls()) == "['1', '2']\n"


def test_between_calls_nothing_runs(sandbox: Sandbox) -> None:
    code = """
import threading, time
def work():
    while True: pass
threading.Thread(target=work, daemon=True).start()
"""

    async def rest() -> float:
        async with sandbox.session(SHORT) as session:
            await session.run(code)
            before = float(logs(await session.run("time.process_time()")))
            await asyncio.sleep(1.5)
            return float(logs(await session.run("time.process_time()"))) - before

    assert asyncio.run(rest()) < 0.5


def test_a_session_that_wakes_itself_to_work_on_is_ended(sandbox: Sandbox) -> None:
    """A timer that sends SIGCONT gets around being stopped: the supervisor looks at the clock."""
    code = """
import ctypes, signal, threading
class Event(ctypes.Structure):
    _fields_ = [('value', ctypes.c_void_p), ('signo', ctypes.c_int), ('notify', ctypes.c_int), ('pad', ctypes.c_char * 64)]
signal.signal(signal.SIGCONT, lambda *_: None)
libc = ctypes.CDLL(None, use_errno=True)
event, timer = Event(signo=int(signal.SIGCONT), notify=0), ctypes.c_void_p()
assert libc.timer_create(1, ctypes.byref(event), ctypes.byref(timer)) == 0
times = (ctypes.c_long * 4)(0, 400_000_000, 0, 400_000_000)
assert libc.timer_settime(timer, 0, ctypes.byref(times), None) == 0
def work():
    while True: pass
threading.Thread(target=work, daemon=True).start()
"""  # noqa: E501

    async def rest() -> Execution:
        async with sandbox.session(SHORT) as session:
            assert not logs(await session.run(code))
            await asyncio.sleep(6)
            return await session.run("1")

    assert asyncio.run(rest()).cause == "broken"


def test_cancelling_kills_and_waits(sandbox: Sandbox) -> None:
    marker = f"retinue-cancelled-{os.getpid()}"
    code = f"import subprocess; subprocess.run([__import__('sys').executable, '-c', 'import time; time.sleep(60)', '{marker}'])"  # noqa: E501

    async def cancelled() -> None:
        async with asyncio.timeout(10):
            task = asyncio.ensure_future(sandbox.run(code, limits=SHORT))
            while not await asyncio.to_thread(running, f"60)\0{marker}"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not running(marker)

    before = children()
    asyncio.run(cancelled())
    assert children() == before


def test_the_end_of_the_host_process_is_the_end_of_the_sandbox(sandbox: Sandbox) -> None:
    """kill -9 of the server: nobody is left to clean up, so the kernel has to."""
    marker = f"retinue-orphan-{os.getpid()}"
    host = os.fork()
    if host == 0:
        try:
            code = f"import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)', '{marker}'])"  # noqa: E501
            asyncio.run(sandbox.run(code, limits=Limits(wall_seconds=60)))
        finally:
            os._exit(0)
    deadline = time.monotonic() + 10
    while not running(f"60)\0{marker}") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running(marker)
    os.kill(host, 9)
    os.waitpid(host, 0)
    assert gone(marker)
