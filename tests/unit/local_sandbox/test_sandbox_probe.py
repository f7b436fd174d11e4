"""Whether there is a sandbox here: the answers of ``find``, and what it is built from."""

from __future__ import annotations

import os
import platform
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retinue.local.sandbox import Sandbox, Unavailable, find, probe, safe_names, seccomp
from retinue.local.sandbox.confinement import Confinement
from retinue.local.sandbox.interpreters import Interpreter, candidates

linux = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is Linux")
HEADERS = (
    Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    Path("/usr/include/asm-generic/unistd.h"),
)


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    probe._find.cache_clear()
    yield
    probe._find.cache_clear()


def reason(found: Sandbox | Unavailable) -> str:
    assert isinstance(found, Unavailable)
    return found.reason


def pretend(folder: Path, script: str) -> None:
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    folder.chmod(0o755)


@pytest.fixture
def tools(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_have_none(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert reason(find()) == f"running code needs bubblewrap, which {system} does not have"


@linux
@pytest.mark.usefixtures("tools")
def test_without_bubblewrap_it_says_what_to_install() -> None:
    assert "install the package 'bubblewrap'" in reason(find())


@linux
def test_a_processor_without_a_filter_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "vax")
    if not isinstance(found := find(), Unavailable) or "bubblewrap" in found.reason:
        pytest.skip("bubblewrap is not installed")
    assert found.reason == "there is no system call filter for vax processors"


@linux
def test_where_user_namespaces_are_forbidden_it_says_so(tools: Path) -> None:
    pretend(tools, "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    said = reason(find())
    if os.geteuid() != 0 or "Permission denied" not in said:  # root's folders are closed to others
        assert said.startswith("this machine forbids unprivileged user namespaces")


@linux
def test_a_bubblewrap_that_confines_nothing_is_refused() -> None:
    confined = dict.fromkeys(("ipc", "mnt", "net", "pid", "user", "uts"), "other")
    status = {"CapPrm": "0", "CapBnd": "0", "NoNewPrivs": "1", "Seccomp": "2"}
    honest = {"status": status, "spaces": confined, "uid": 1}
    assert probe._doubt(honest) == ""
    shared = {**confined, "net": str(Path("/proc/self/ns/net").readlink())}
    assert "shares namespaces with this machine: net" in probe._doubt({**honest, "spaces": shared})
    assert "capabilities" in probe._doubt({**honest, "status": {**status, "CapBnd": "1"}})
    assert "capabilities" in probe._doubt({**honest, "uid": 0})
    assert "filter" in probe._doubt({**honest, "status": {**status, "Seccomp": "0"}})


@linux
def test_an_old_bubblewrap_is_unavailable(tools: Path) -> None:
    pretend(tools, "echo 'bwrap: Unknown option --size' >&2; exit 1")
    assert reason(find()).startswith("the sandbox did not work (")


@linux
@pytest.mark.usefixtures("sandbox")
def test_an_interpreter_that_is_none_is_named(tmp_path: Path) -> None:
    assert "is not a Python that runs" in reason(find(tmp_path / "missing"))


@linux
def test_the_trial_runs_once(sandbox: Sandbox) -> None:
    assert find() == sandbox
    assert find() is find()


@linux
def test_an_interpreter_that_the_sandbox_cannot_show_is_unavailable(sandbox: Sandbox) -> None:
    nowhere = Interpreter("/nonexistent/python3")
    assert probe._tried(Sandbox(Confinement(sandbox.confinement.bwrap, nowhere)))


@linux
def test_packages_of_retinues_own_environment_are_not_shown() -> None:
    if sys.prefix != sys.base_prefix:
        assert all(sys.prefix not in each.folders for each in candidates())


@linux
def test_a_chosen_environment_is_shown_whole(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "v")], check=True)
    (found,) = candidates(tmp_path / "v" / "bin" / "python")
    assert str(tmp_path / "v") in found.folders
    base = sys.base_prefix
    assert base in found.folders or base == "/usr" or base.startswith("/usr/")


# --- the filter -------------------------------------------------------------------------------


def test_the_filter_is_whole_instructions_that_end() -> None:
    for machine in ("x86_64", "aarch64", "arm64"):
        program = seccomp.program(machine)
        assert program is not None
        assert len(program) % 8 == 0
        assert len(program) // 8 < 4096
        operations = [
            struct.unpack("=HBBI", program[at : at + 8]) for at in range(0, len(program), 8)
        ]
        assert operations[-1] == (0x06, 0, 0, 0x7FFF0000)
        for place, (_, yes, no, _) in enumerate(operations[:-1]):
            assert place + 1 + max(yes, no) < len(operations)


@pytest.mark.parametrize(("column", "header"), list(enumerate(HEADERS)))
def test_the_numbers_of_calls_are_the_kernels(column: int, header: Path) -> None:
    if not header.exists():
        pytest.skip("no kernel headers here")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    known = {name: int(number) for name, number in found}
    for name, numbers in seccomp._REFUSED.items():
        if name in known:
            assert numbers[column] == known[name], name
        elif column == 0:
            assert numbers[column] is not None


# --- names ------------------------------------------------------------------------------------


def test_numbers_avoid_names_that_are_taken() -> None:
    assert safe_names(["a.csv", "a.csv", ".x", "b/x"], taken=["a.csv"]) == (
        "a-2.csv",
        "a-3.csv",
        "x",
        "x-2",
    )
