"""No secret is ever written down: not in what a command prints, not in a file that it leaves."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.cli.conftest import KEY
from tests.cli.shell import Done, Shell
from tests.support.proxy import Proxy

MANIFEST = """\
assistants:
  tutor:
    target: agents
    model: some-model
    environment: bench
    vaults: [tools]
    tools:
      - {type: mcp, server_label: repo, server_url: "https://mcp.example/mcp", credential: bearer}
vaults:
  tools: {}
credentials:
  bearer:
    vault: tools
    type: static_bearer
    mcp_server_url: https://mcp.example/mcp
    token: ${env:BEARER}
  oauth:
    vault: tools
    type: mcp_oauth
    mcp_server_url: https://mcp.example/mcp
    access_token: ${env:ACCESS}
    refresh:
      token_endpoint: https://auth.example/token
      client_id: us
      refresh_token: ${env:REFRESH}
      token_endpoint_auth: {type: client_secret_post, client_secret: "${env:CLIENT}"}
  variable:
    vault: tools
    type: environment_variable
    secret_name: KEY
    secret_value: {command: [sh, -c, "printf %s \\"$PRINTED\\""]}
    networking: {type: limited, allowed_hosts: [api.example]}
environments:
  bench:
    variables: {LEVEL: basic, KEY: "${env:VARIABLE}"}
"""
NAMES = ("BEARER", "ACCESS", "REFRESH", "CLIENT", "PRINTED", "VARIABLE")


def secrets(generation: str) -> dict[str, str]:
    """A secret for each name, with what escaping changes in it."""
    return {name: f'{name.lower()}-"{generation}"-\\zürich-0123456789' for name in NAMES}


def shapes(secret: str) -> Iterator[bytes]:
    """The forms in which a secret could be found: as it is, escaped, in base64 at any offset."""
    data = secret.encode()
    yield data
    yield data.hex().encode()
    for escaped in (json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret)):
        yield escaped[1:-1].encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data)
        # What stands at the ends depends on the neighbours.
        yield encoded[4 if offset else 0 : -4]


@dataclass
class Vigil:
    """Runs commands, and looks for secrets in all that they print and leave behind."""

    shell: Shell
    needles: list[bytes] = field(default_factory=list)

    def given(self, generation: str, **instead: str) -> None:
        """From now on the secrets are these; the former must not show up either."""
        environ = {**secrets(generation), **instead}
        self.needles += [shape for secret in environ.values() for shape in shapes(secret)]
        self.shell = replace(self.shell, environ=environ)

    def __call__(self, code: int, *args: str, debug: bool = False) -> Done:
        """Run a command that ends with ``code``."""
        done = self.shell.process(*args, OPENAI_LOG="debug") if debug else self.shell(*args)
        assert done.code == code, done.out + done.err
        self._clean(f"output of {args}", f"{done.out}\n{done.err}".encode())
        for path in sorted(self.shell.root.rglob("*")):
            if path.is_file():
                self._clean(str(path), path.read_bytes())
        return done

    def _clean(self, where: str, content: bytes) -> None:
        found = [needle for needle in self.needles if needle in content]
        assert found == [], where


@pytest.fixture
def vigil(tmp_path: Path) -> Vigil:
    shell = Shell(tmp_path / "school")
    shell.write({"retinue.yaml": "project: school\n", "assistants/team.yaml": MANIFEST})
    vigil = Vigil(shell)
    vigil.given("first")
    return vigil


def test_the_search_finds_what_it_looks_for(vigil: Vigil) -> None:
    for secret in secrets("first").values():
        inside = f"Bearer {secret}, and more".encode()
        for shape in (inside, base64.b64encode(inside), json.dumps(inside.decode()).encode()):
            with pytest.raises(AssertionError, match="somewhere"):
                vigil._clean("somewhere", shape)


def test_no_command_writes_a_secret_down(vigil: Vigil) -> None:
    vigil(0, "validate")
    vigil(0, "plan")
    vigil(0, "plan", "--json")
    vigil(0, "plan", "--markdown", "--full-text")
    vigil(0, "plan", "--out", "first.plan")
    vigil(0, "apply", "first.plan")
    _look_around(vigil)
    vigil.given("second")
    vigil(2, "plan", "--detailed-exitcode")
    vigil(2, "plan", "--detailed-exitcode", "--json")
    done = vigil(0, "apply", "--auto-approve", "--json")
    assert done.events[-1]["changes"]["change"] == 4
    _look_around(vigil)
    vigil(0, "destroy", "--auto-approve")


def _look_around(vigil: Vigil) -> None:
    vigil(0, "plan", "--detailed-exitcode")
    vigil(0, "drift")
    vigil(0, "drift", "--json")
    vigil(0, "state", "pull")
    for address in ("credential.bearer", "credential.oauth", "environment.bench"):
        vigil(0, "state", "show", address)
    vigil(0, "output")
    for form in ("json", "dotenv", "responses"):
        vigil(0, "output", "--format", form)
    vigil(0, "graph")


def test_a_replaced_and_an_adopted_credential_tell_nothing(vigil: Vigil) -> None:
    vigil(0, "apply", "--auto-approve")
    vigil.shell.edit("assistants/team.yaml", "[api.example]", "[other.example]")
    vigil(0, "apply", "--auto-approve")
    vigil(0, "state", "rm", "credential.bearer", "environment.bench")
    vigil(0, "plan")
    vigil(0, "state", "rebuild")
    vigil(0, "apply", "--auto-approve")


def test_a_failing_apply_tells_nothing(vigil: Vigil) -> None:
    """The platform takes no secret of two lines, and says so."""
    vigil.given("third", BEARER="two\nlines-0123456789")
    done = vigil(3, "apply", "--auto-approve")
    assert "auth.token" in done.out + done.err
    vigil(3, "apply", "--auto-approve", "--json")
    vigil(0, "state", "pull")


def test_a_secret_that_changed_stops_a_saved_plan(vigil: Vigil) -> None:
    vigil(0, "plan", "--out", "first.plan")
    vigil.given("other")
    done = vigil(5, "apply", "first.plan")
    assert "is not the planned one" in done.err
    assert vigil(0, "state", "list").out == ""


def test_a_command_that_fails_tells_nothing_of_what_it_printed(vigil: Vigil) -> None:
    vigil.shell.edit("assistants/team.yaml", '\\"$PRINTED\\""', '\\"$PRINTED\\"; exit 3"')
    assert "exit code 3" in vigil(0, "plan").out
    assert "exit code 3" in vigil(1, "plan", "--out", "first.plan").err
    assert "exit code 3" in vigil(1, "apply", "--auto-approve").err


def test_the_debug_log_of_the_sdk_tells_nothing(vigil: Vigil) -> None:
    done = vigil(0, "apply", "--auto-approve", debug=True)
    assert "openai._base_client" in done.err
    vigil.given("second")
    vigil(0, "apply", "--auto-approve", debug=True)


@pytest.mark.parametrize("secret", ["s3cr3t-value", 'with "quotes"', "zürich\\1"])
def test_what_a_platform_quotes_is_not_repeated(tmp_path: Path, server: str, secret: str) -> None:
    with Proxy(server).running() as proxy:
        shell = Shell(
            tmp_path / "quoted", {"OPENAI_API_KEY": KEY, **secrets("x"), "BEARER": secret}
        )
        platform = f"platform: {{api: openai, base_url: {proxy.url}}}"
        shell.write(
            {"retinue.yaml": f"project: quoted\n{platform}\n", "assistants/team.yaml": MANIFEST}
        )
        said = f"Invalid value: '{secret}', that is {json.dumps(secret)}"
        proxy.on("POST", "/vaults/*/credentials", times=None).answer(400, message=said)
        for form in ([], ["--json"]):
            done = shell("apply", "--auto-approve", *form)
            assert done.code == 3
            told = done.out + done.err
            assert "Invalid value: '(sensitive)'" in told
            assert [shape for shape in shapes(secret) if shape in told.encode()] == []
