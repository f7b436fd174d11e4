"""Start processes and measure them: wall time, CPU and peak memory, each process as a whole."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RETINUE = [sys.executable, "-c", "from retinue.cli.main import main; main()"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one process. Seconds and megabytes (10^6 bytes); requests as the server counts."""

    wall: float
    cpu: float
    peak: float
    output: str
    requests: int = 0


class Failed(Exception):
    """A measured process ended with another exit code than the one expected."""


def measure(
    command: Sequence[str], *, cwd: Path, expect: int = 0, env: Mapping[str, str] | None = None
) -> Sample:
    """Run ``command`` to its end. The measuring process must stay small: on Linux, a child's peak
    memory starts with that of the process that started it.

    Raises:
        Failed: the exit code is not ``expect``.
    """
    log = cwd / ".bench-output"
    with log.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=environment(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    with log.open("rb") as written:
        written.seek(max(0, log.stat().st_size - 4000))
        output = written.read().decode(errors="replace")
    if process.returncode != expect:
        raise Failed(f"{' '.join(command)}: exit {process.returncode}\n{output}")
    scale = 1 if sys.platform == "darwin" else 1024
    cpu = usage.ru_utime + usage.ru_stime
    return Sample(wall, cpu, usage.ru_maxrss * scale / 1e6, output)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of measured processes: our source tree, and a key that opens nothing."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "OPENAI_API_KEY": "sk-bench", **(more or {})}


@dataclass(frozen=True, slots=True)
class Server:
    """The stand-in platform in a process of its own."""

    base_url: str

    def counts(self) -> dict[str, int]:
        """Requests by method and path since the last call."""
        return self._ask("counts")

    def set_latency(self, milliseconds: float) -> None:
        """Let every answer wait so long from now on."""
        self._ask(f"latency/{milliseconds}")

    def _ask(self, command: str) -> dict[str, int]:
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=10)
        try:
            connection.request("GET", f"/_bench/{command}")
            found: dict[str, int] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found


@contextlib.contextmanager
def stand_in(latency_ms: float) -> Iterator[Server]:
    """Run the stand-in platform while the block runs."""
    command = [sys.executable, str(HERE / "server.py"), "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(process.stdout.readline().strip())
        finally:
            process.terminate()
