"""Terraform's core alone: as many ``terraform_data`` resources, no provider, no API.

The resources are as small as they can be (one short text each), which is to Terraform's advantage:
its state, rewritten while it applies, stays small.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from pathlib import Path

from support.process import Sample, environment, measure

_QUIET = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "", "TF_IN_AUTOMATION": "1"}
_FILES = 100


def found() -> str | None:
    """The binary on the PATH, if there is one."""
    return shutil.which("terraform")


def version() -> str:
    """The version of the binary, for the record."""
    ran = subprocess.run(
        ["terraform", "version"],  # noqa: S607 - whichever the user has
        env=environment(_QUIET), capture_output=True, text=True, check=True,
    )  # fmt: skip
    known = re.search(r"v(\d[\w.]*)", ran.stdout)
    return known[1] if known else "?"


def write(folder: Path, count: int, *, applied: bool) -> None:
    """Write ``count`` resources in up to 100 files into the new folder ``folder``.

    applied: with a state, as if an apply had made them: beyond a few thousand resources, a first
    apply takes longer than anybody would wait for a measurement.
    """
    folder.mkdir()
    for number in range(min(_FILES, count)):
        blocks = [_block(i) for i in range(number, count, _FILES)]
        (folder / f"team-{number:03}.tf").write_text("\n".join(blocks))
    if applied:
        (folder / "terraform.tfstate").write_text(json.dumps(_state(count)))
    run(folder, "init")


def run(folder: Path, *arguments: str) -> Sample:
    """Run one command in ``folder``."""
    command = ["terraform", *arguments, "-no-color", "-input=false"]
    return measure(command, cwd=folder, env=_QUIET)


def _block(i: int) -> str:
    return f'resource "terraform_data" "tutor_{i:05}" {{\n  input = "Tutor {i}"\n}}\n'


def _state(count: int) -> dict[str, object]:
    return {
        "version": 4,
        "terraform_version": version(),
        "serial": 1,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [_resource(i) for i in range(count)],
        "check_results": None,
    }


def _resource(i: int) -> dict[str, object]:
    text = {"value": f"Tutor {i}", "type": "string"}
    attributes = {
        "id": str(uuid.uuid4()), "input": text, "output": text, "triggers_replace": None
    }  # fmt: skip
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": f"tutor_{i:05}",
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
    }
