"""Fifty conversations at once on the embedded platform: nothing lost, and how long an answer takes.

Every conversation, over and over: a thread with a message, a run that the echo model answers, half
of them streamed and half polled, then the messages read back. The answer has to repeat the very
word that was said. The server is a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

HEADERS = {"Authorization": "Bearer bench", "OpenAI-Beta": "assistants=v2"}
SOURCE = Path(__file__).resolve().parents[1] / "src"
POLL_SECONDS = 0.05


@dataclass(slots=True)
class Tally:
    """What the conversations came to. ``seconds`` are those from the run's start to its end."""

    seconds: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Seconds that ``share`` of the answers took at most."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def converse(http: httpx2.AsyncClient, assistant: str, until: float, tally: Tally) -> None:
    """Hold one conversation after the other until the time is over."""
    number = 0
    while time.monotonic() < until:
        number += 1
        word = os.urandom(6).hex()
        said = {"messages": [{"role": "user", "content": word}]}
        thread = (await http.post("/threads", json=said)).raise_for_status().json()["id"]
        began = time.monotonic()
        status = await (streamed if number % 2 else polled)(http, assistant, thread)
        tally.seconds.append(time.monotonic() - began)
        listed = (await http.get(f"/threads/{thread}/messages")).raise_for_status().json()
        words = [part["text"]["value"] for each in listed["data"] for part in each["content"]]
        if status != "completed" or len(words) != 2 or word not in words[0] or words[1] != word:
            tally.lost.append(f"{thread}: {status} {words}")


async def polled(http: httpx2.AsyncClient, assistant: str, thread: str) -> str:
    """Start a run and ask for its status until it has ended."""
    path = f"/threads/{thread}/runs"
    run = (await http.post(path, json={"assistant_id": assistant})).raise_for_status().json()
    while run["status"] in ("queued", "in_progress"):
        await asyncio.sleep(POLL_SECONDS)
        run = (await http.get(f"{path}/{run['id']}")).raise_for_status().json()
    return str(run["status"])


async def streamed(http: httpx2.AsyncClient, assistant: str, thread: str) -> str:
    """Start a run and read its stream to the end."""
    body = {"assistant_id": assistant, "stream": True}
    status = "nothing"
    async with http.stream("POST", f"/threads/{thread}/runs", json=body) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("event: thread.run.") and "step" not in line:
                status = line.rpartition(".")[2]
    return status


async def load(url: str, threads: int, seconds: float) -> Tally:
    """All conversations at once."""
    tally = Tally()
    limits = httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)
    async with httpx2.AsyncClient(base_url=url, headers=HEADERS, limits=limits, timeout=60) as http:
        body = {"model": "echo", "name": "bench"}
        assistant = (await http.post("/assistants", json=body)).raise_for_status().json()["id"]
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(threads):
                group.create_task(converse(http, assistant, until, tally))
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["serve", "--port", "0", "--db", str(Path(folder) / "platform.db")]
        server = subprocess.Popen(
            [sys.executable, "-c", "from retinue.cli.main import main; main()", *arguments],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            tally = asyncio.run(load(url, chosen.threads, chosen.seconds))
        finally:
            server.terminate()
            server.wait(20)
    report: dict[str, Any] = {
        "threads": chosen.threads,
        "seconds": chosen.seconds,
        "answers": len(tally.seconds),
        "answers per second": round(len(tally.seconds) / chosen.seconds, 1),
        "lost": len(tally.lost),
        "p50 seconds": round(tally.percentile(0.5), 3),
        "p95 seconds": round(tally.percentile(0.95), 3),
        "slowest seconds": round(tally.percentile(1), 3),
    }
    print(json.dumps(report, indent=2))
    if tally.lost:
        print("\n".join(tally.lost[:10]), file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
