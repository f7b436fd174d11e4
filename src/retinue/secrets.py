"""Secrets that manifests name: read where they are, and never written down.

What is kept is a fingerprint that is slow to compute, so that nobody finds the secret by trying. It
is the same on every machine, so that a plan made on one can be applied on another. Nothing here
puts the text of a secret into an error, a log or a representation.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from retinue.errors import PlanStale, SecretUnreadable
from retinue.kinds.marker import Owner
from retinue.kinds.values import Sealed
from retinue.manifest.model import Secret

LONGEST_COMMAND = 60.0
"""Seconds for a command to print its secret: somebody may have to unlock a password manager."""

_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1
"""What a fingerprint costs: 16 MiB of memory, and some 30 ms."""

_COMPLAINT = 500
"""Characters of a failed command's complaint that are shown."""


class Secrets:
    """The secrets of one run, each read once. ``root`` is where commands are run."""

    def __init__(self, environ: Mapping[str, str], root: Path, owner: Owner) -> None:
        self._environ = environ
        self._root = root
        self._salt = f"{owner.project}/{owner.stack}".encode()
        self._texts: dict[Secret, str] = {}
        self._sealed: dict[Secret, Sealed] = {}

    def seal(self, secret: Secret) -> Sealed:
        """What may be kept of a secret.

        Raises:
            SecretUnreadable: it can't be read.
        """
        if secret not in self._sealed:
            fingerprint = self._fingerprint(self._text(secret))
            self._sealed[secret] = Sealed(fingerprint, secret)
        return self._sealed[secret]

    def open(self, sealed: Sealed) -> str:
        """The text of a secret, which has to be the one that the plan was made with.

        Raises:
            SecretUnreadable: it can't be read.
            PlanStale: it is another one by now.
        """
        if sealed.fingerprint is None:
            raise PlanStale(f"the plan was made without the secret {sealed.source}", hint=_AGAIN)
        if sealed.source is None:
            raise PlanStale("it is not known any more where a secret comes from", hint=_AGAIN)
        if self.seal(sealed.source) != sealed:
            raise PlanStale(f"the secret {sealed.source} is not the planned one", hint=_AGAIN)
        return self._text(sealed.source)

    def _text(self, secret: Secret) -> str:
        if secret not in self._texts:
            self._texts[secret] = (
                _variable(secret, self._environ)
                if secret.env
                else _printed(secret, self._environ, self._root)
            )
        return self._texts[secret]

    def _fingerprint(self, text: str) -> str:
        return hashlib.scrypt(
            text.encode("utf-8", "surrogateescape"),
            salt=self._salt,
            n=_SCRYPT_N,
            r=_SCRYPT_R,
            p=_SCRYPT_P,
            dklen=32,
        ).hex()


_AGAIN = "run plan again, then apply"


def _variable(secret: Secret, environ: Mapping[str, str]) -> str:
    """An empty variable counts as missing: it is what pipelines make of an unknown secret."""
    text = environ.get(secret.env, "")
    if not text:
        state = "empty" if secret.env in environ else "not set"
        raise SecretUnreadable(
            f"the environment variable {secret.env}, which holds a secret, is {state}",
            hint=f"set {secret.env} in the environment, or in .env beside retinue.yaml",
        )
    if not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise SecretUnreadable(
            f"the environment variable {secret.env} holds a secret that is not UTF-8",
            hint="requests carry texts: give it as one, such as base64",
        )
    return text


def _printed(secret: Secret, environ: Mapping[str, str], root: Path) -> str:
    """What the command prints, without the newline at the end."""
    output = _run(secret, environ, root)
    try:
        text = output.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        reason = "what it printed is not UTF-8"
    else:
        if text:
            return text
        reason = "it printed nothing"
    raise _failed(secret, reason)


def _run(secret: Secret, environ: Mapping[str, str], root: Path) -> bytes:
    """Run without a shell.

    Errors of the library hold the output. Ours is raised once they are gone, not in their place.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the project's own command, as the user wrote it
            secret.command,
            cwd=root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_COMMAND,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"it did not end within {LONGEST_COMMAND:.0f} s"
    except (OSError, ValueError) as error:
        reason = f"it can't be started ({error})"
    else:
        if not done.returncode:
            return done.stdout
        said = done.stderr.decode("utf-8", "replace").strip()[-_COMPLAINT:]
        reason = f"exit code {done.returncode}{said and f': {said}'}"
    raise _failed(secret, reason)


def _failed(secret: Secret, reason: str) -> SecretUnreadable:
    return SecretUnreadable(
        f"the command {secret} gave no secret: {reason}",
        hint="run it yourself in the project's folder; it has to print the secret and nothing else",
    )
