"""Secrets: read where they are, known by a fingerprint, and shown to nobody."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from retinue import secrets
from retinue.address import Address
from retinue.errors import PlanStale, RetinueError, SecretUnreadable
from retinue.kinds.base import Write
from retinue.kinds.marker import Marker, Owner
from retinue.kinds.values import Sealed
from retinue.manifest.model import Secret
from retinue.secrets import Secrets

OWNER = Owner("demo", "default")
TOKEN = Secret(env="TOKEN")
TEXT = "correct horse"


def read(root: Path, *, owner: Owner = OWNER, **environ: str) -> Secrets:
    return Secrets(environ, root, owner)


def printing(code: str) -> Secret:
    return Secret(command=(sys.executable, "-c", code))


def text_of(secret: Secret, keeper: Secrets) -> str:
    return keeper.open(keeper.seal(secret))


def test_a_fingerprint_is_the_same_everywhere(tmp_path: Path) -> None:
    sealed = read(tmp_path, TOKEN=TEXT).seal(TOKEN)
    assert sealed == read(Path("/elsewhere"), TOKEN=TEXT).seal(TOKEN)
    assert sealed.fingerprint == (
        "211afc0238ef0031b761b6f0119b4736f38159012744e57bac8f833264ab64ae"
    )
    assert sealed.source == TOKEN


def test_a_fingerprint_tells_secrets_projects_and_stacks_apart(tmp_path: Path) -> None:
    keepers = [
        read(tmp_path, TOKEN=TEXT),
        read(tmp_path, TOKEN="another"),
        read(tmp_path, owner=Owner("demo", "prod"), TOKEN=TEXT),
        read(tmp_path, owner=Owner("other", "default"), TOKEN=TEXT),
    ]
    assert len({keeper.seal(TOKEN).fingerprint for keeper in keepers}) == 4


def test_a_fingerprint_knows_the_text_and_not_where_it_comes_from(tmp_path: Path) -> None:
    keeper = read(tmp_path, TOKEN=TEXT)
    assert keeper.seal(printing(f"print({TEXT!r})")) == keeper.seal(TOKEN)


def test_a_sealed_secret_opens_to_its_text(tmp_path: Path) -> None:
    assert text_of(TOKEN, read(tmp_path, TOKEN=TEXT)) == TEXT


@pytest.mark.parametrize(
    ("printed", "text"),
    [("a\\n", "a"), ("a", "a"), ("a\\r\\n", "a"), ("a\\n\\n", "a\n"), (" a b \\n", " a b ")],
)
def test_one_newline_at_the_end_is_not_part_of_it(tmp_path: Path, printed: str, text: str) -> None:
    command = printing(f"import sys; sys.stdout.buffer.write(b'{printed}')")
    assert text_of(command, read(tmp_path)) == text


def test_a_command_runs_in_the_project_with_its_environment(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("from the file")
    code = "import os; print(open('key.txt').read() + os.environ['MORE'])"
    assert text_of(printing(code), read(tmp_path, MORE=" and more")) == "from the file and more"


def test_a_command_is_no_shell(tmp_path: Path) -> None:
    words = Secret(command=(sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; ls"))
    assert text_of(words, read(tmp_path)) == "$HOME; ls"


def test_a_command_runs_once(tmp_path: Path) -> None:
    command = printing("open('runs', 'a').write('x'); print('a')")
    keeper = read(tmp_path)
    keeper.open(keeper.seal(command))
    keeper.open(keeper.seal(command))
    assert (tmp_path / "runs").read_text() == "x"


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}])
def test_a_variable_that_is_missing_or_empty_is_named(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(SecretUnreadable, match="TOKEN, which holds a secret, is") as caught:
        Secrets(environ, tmp_path, OWNER).seal(TOKEN)
    assert caught.value.hint == "set TOKEN in the environment, or in .env beside retinue.yaml"
    assert (caught.value.code, caught.value.exit_code) == ("RTN-SECRET", 1)


FAILURES = {
    "exit code": (f"import sys; print({TEXT!r}); sys.exit('locked')", "exit code 1: locked"),
    "silent": ("import sys; sys.exit(3)", "exit code 3"),
    "nothing": ("print()", "it printed nothing"),
    "bytes": ("import sys; sys.stdout.buffer.write(b'\\xff')", "is not UTF-8"),
}


@pytest.mark.parametrize(("code", "said"), FAILURES.values(), ids=FAILURES)
def test_a_command_that_fails_says_why(tmp_path: Path, code: str, said: str) -> None:
    with pytest.raises(SecretUnreadable) as caught:
        read(tmp_path).seal(printing(code))
    assert caught.value.message.endswith(said)


LOUD = "print('no' + 'body', flush=True)"


@pytest.mark.parametrize(
    "code",
    [
        f"import sys; {LOUD}; sys.exit('locked')",
        f"import time; {LOUD}; time.sleep(60)",
        f"import sys; {LOUD}; sys.stdout.buffer.write(b'\\xff')",
    ],
    ids=["fails", "never ends", "no text"],
)
def test_what_a_command_printed_is_in_no_error(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "LONGEST_COMMAND", 0.5)
    with pytest.raises(SecretUnreadable) as caught:
        read(tmp_path).seal(printing(code))
    assert "nobody" not in f"{caught.value!r} {caught.value.hint}"
    assert caught.value.__context__ is None


def test_a_command_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(SecretUnreadable, match=r"no-such-program.*can't be started"):
        read(tmp_path).seal(Secret(command=("no-such-program",)))


def test_a_command_that_failed_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('not here')")
    with pytest.raises(SecretUnreadable) as caught:
        read(tmp_path).seal(Secret(command=command))
    assert f"the command {shlex.join(command)} gave no secret" in caught.value.message


def test_a_secret_that_is_another_by_now_makes_the_plan_stale(tmp_path: Path) -> None:
    planned = read(tmp_path, TOKEN=TEXT).seal(TOKEN)
    with pytest.raises(PlanStale, match=r"\$\{env:TOKEN\} is not the planned one") as caught:
        read(tmp_path, TOKEN="another").open(planned)
    assert "another" not in str(caught.value)


def test_a_secret_without_a_source_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PlanStale):
        read(tmp_path).open(Sealed("ab"))


def test_no_text_is_in_any_representation(tmp_path: Path) -> None:
    keeper = read(tmp_path, TOKEN=TEXT)
    sealed = keeper.seal(TOKEN)
    shown = [repr(keeper), str(keeper), repr(sealed), str(sealed), f"{sealed}"]
    assert not any(TEXT in each for each in shown)
    with pytest.raises(RetinueError) as caught:
        keeper.seal(Secret(env="OTHER"))
    assert TEXT not in repr(caught.value)


def test_a_write_does_not_show_what_it_opens() -> None:
    address = Address("credential", "repo")
    write = Write(
        address=address,
        values={"token": TEXT},
        changed=frozenset({"token"}),
        marker=Marker(OWNER, address, "0"),
    )
    assert TEXT not in repr(write)


def test_a_variable_that_is_no_text_is_named(tmp_path: Path) -> None:
    """What an operating system gives that is not UTF-8 can't be sent in a request."""
    with pytest.raises(SecretUnreadable, match="TOKEN holds a secret that is not UTF-8"):
        read(tmp_path, TOKEN="caf\udce9").seal(TOKEN)
