"""Every error that Retinue raises on purpose, and the exit code each ends the process with.

* RetinueError                 1    itself: an exception that nobody foresaw, a defect of Retinue
  * UsageError                 1    the command line or the project file asks for the impossible
  * ManifestError              1    the manifests have problems; carries all of them
  * SystemFailed               1    the operating system refused a file, a folder or the disk
  * DumpUnreadable             1    what `import --from` was given can't be read
  * SecretUnreadable           1    a secret that the manifests name can't be read
  * StateError                 1
    * StateCorrupt             1    state, journal or plan file can't be read
    * StateForeign             1    it belongs to another project, stack or a newer Retinue
  * PlatformError              1    the platform refused or failed
    * AuthenticationFailed     7    no key, wrong key, or a key without the permission
    * NotFound                 1    the object does not exist
    * FamilyGone               1    a whole family of endpoints is gone (OpenAI's /assistants)
    * Rejected                 1    the request itself is wrong (400, 409, 413, 422 ...)
    * RateLimited              1    still 429 after waiting as told
    * Unavailable              1    5xx, a time-out or no connection; the outcome may be unknown
  * Unanswered                 1    an assistant did not finish its answer
  * ApplyIncomplete            3    part of an apply failed; what was done is in the state
  * Refused                    4    safety, protection or policy said no
  * PlanStale                  5    the plan no longer fits what it touches, or was used already
  * Locked                     6    somebody else holds the stack
  * Interrupted              130    a signal stopped the work; the state is saved

A message says what happened and where; ``hint`` says what to do next. Codes are stable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from retinue.problem import Problem


class RetinueError(Exception):
    """Root of the tree. ``code`` is stable; ``exit_code`` is what the process ends with."""

    code: ClassVar[str] = "RTN-ERROR"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RetinueError):
    """The command line or the project file asks for something impossible."""

    code = "RTN-USAGE"


class ManifestError(RetinueError):
    """The manifests have errors; ``problems`` holds these and all warnings, in reading order."""

    code = "RTN-MANIFEST"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"{count} problem{'' if count == 1 else 's'} in the manifests")


class SystemFailed(RetinueError):
    """The operating system refused: a permission, a full disk, a folder that is a file."""

    code = "RTN-SYSTEM"

    @classmethod
    def of(cls, error: OSError) -> SystemFailed:
        """Name the path and the system's reason."""
        reason = error.strerror or str(error) or type(error).__name__
        return cls(
            f"{error.filename}: {reason}" if error.filename else reason,
            hint="check the path, its permissions and the free space, then run the command again",
        )


class DumpUnreadable(RetinueError):
    """A dump, a Terraform state or a folder that `import --from` was given can't be read."""

    code = "RTN-IMPORT-INPUT"


class SecretUnreadable(RetinueError):
    """An environment variable is missing or empty, or a command that prints a secret failed."""

    code = "RTN-SECRET"


class StateError(RetinueError):
    """The state can't be used."""

    code = "RTN-STATE"


class StateCorrupt(StateError):
    """A state, journal or plan file is not what Retinue wrote."""

    code = "RTN-STATE-CORRUPT"


class StateForeign(StateError):
    """A state or plan file belongs to another project or stack, or to a newer Retinue."""

    code = "RTN-STATE-FOREIGN"


class PlatformError(RetinueError):
    """The platform refused or failed. ``status`` is the HTTP status, None without an answer."""

    code = "RTN-PLATFORM"

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class AuthenticationFailed(PlatformError):
    """The key is missing, wrong, or lacks the permission (401, 403)."""

    code = "RTN-PLATFORM-AUTH"
    exit_code = 7


class NotFound(PlatformError):
    """The object does not exist (404)."""

    code = "RTN-PLATFORM-NOT-FOUND"


class FamilyGone(PlatformError):
    """A whole family of endpoints answers 404."""

    code = "RTN-PLATFORM-FAMILY-GONE"


class Rejected(PlatformError):
    """The platform understood the request and refused it: sending it again changes nothing."""

    code = "RTN-PLATFORM-REJECTED"


class RateLimited(PlatformError):
    """Still 429 after waiting as long as the platform asked."""

    code = "RTN-PLATFORM-RATE-LIMITED"


class Unavailable(PlatformError):
    """5xx, a time-out or no connection. A write that ends so may or may not have happened."""

    code = "RTN-PLATFORM-UNAVAILABLE"


class Unanswered(RetinueError):
    """An assistant's run failed, expired, stopped early, or waits for an answer of ours."""

    code = "RTN-TALK-UNANSWERED"


class ApplyIncomplete(RetinueError):
    """Some changes of an apply failed; the others are done and saved."""

    code = "RTN-APPLY-INCOMPLETE"
    exit_code = 3


class Reason(Protocol):
    """One of the reasons for a refusal; `retinue.engine.safety.Refusal` is one."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def hint(self) -> str | None: ...


class Refused(RetinueError):
    """A safety rule, a protected resource or a missing approval stops the apply.

    ``reasons`` are what safety said, each with a code and a hint of its own; often there are none.
    """

    code = "RTN-REFUSED"
    exit_code = 4

    def __init__(
        self, message: str, *, hint: str | None = None, reasons: Sequence[Reason] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.reasons = tuple(reasons)


class PlanStale(RetinueError):
    """What the plan touches has moved since, or the plan was applied already."""

    code = "RTN-PLAN-STALE"
    exit_code = 5


class Locked(RetinueError):
    """Somebody else holds the stack's lease."""

    code = "RTN-LOCKED"
    exit_code = 6


class Interrupted(RetinueError):
    """A signal stopped the work; finished changes are in the state."""

    code = "RTN-INTERRUPTED"
    exit_code = 130


def as_ours(error: Exception) -> RetinueError:
    """Any exception in the form that all errors have: message, hint and code."""
    if isinstance(error, RetinueError):
        return error
    return SystemFailed.of(error) if isinstance(error, OSError) else _unforeseen(error)


_LONGEST = 300
"""Characters of an exception's text that are shown."""


def _unforeseen(error: Exception) -> RetinueError:
    """A defect of ours: the exception, and the line that it comes from."""
    said = f"{type(error).__name__}: {error}".splitlines()[0][:_LONGEST]
    return RetinueError(
        f"unforeseen: {said.rstrip(': ')}{_place(error)}",
        hint="this is a defect of Retinue: run the command again with RETINUE_DEBUG=1 in the "
        "environment, which prints a traceback, and report that",
    )


def _place(error: Exception) -> str:
    """The last line of our own on the way to an exception: its module and number."""
    place, step = "", error.__traceback__
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__"))
        if module.startswith("retinue."):
            place = f" (in {module}, line {step.tb_lineno})"
        step = step.tb_next
    return place
