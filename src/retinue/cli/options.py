"""Options that several commands share, and how the project is opened from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from retinue.address import Address
from retinue.errors import UsageError

if TYPE_CHECKING:
    from retinue.manifest.model import Manifest
    from retinue.operations.desired import Wanted
    from retinue.operations.planning import PlanOptions
    from retinue.project import Project

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """What ``--stack`` and ``--var`` say; ``--chdir`` has been done by then."""

    stack: str | None
    variables: Mapping[str, str]

    def project(self) -> Project:
        """Open the project file.

        Raises:
            UsageError, ManifestError: there is none, or it has problems.
        """
        from retinue.project import load_project

        return load_project(
            Path.cwd(), stack=self.stack, environ=os.environ, variables=self.variables
        )


def _enter(ctx: click.Context, param: click.Parameter, folder: str | None) -> None:
    """Change the folder before any other path on the command line is looked at."""
    del ctx, param
    if folder is not None:
        os.chdir(folder)


chdir_option = click.option(
    "--chdir", "-C", metavar="DIR", is_eager=True, expose_value=False, callback=_enter,
    type=click.Path(exists=True, file_okay=False), help="Run as if started in DIR.",
)  # fmt: skip
"""``--chdir``, before the command or behind it; twice, the second counts from the first."""


def project_options(command: Command) -> Command:
    """Add ``--chdir``, ``--stack`` and ``--var``; the command gets them as ``chosen``."""

    def chosen(ctx: click.Context, param: click.Parameter, value: object) -> object:
        del param
        assert isinstance(value, tuple)
        ctx.params["chosen"] = Chosen(ctx.params.pop("stack", None), _variables(value))
        return None

    options = (
        chdir_option,
        click.option(
            "--stack", metavar="NAME", is_eager=True,
            help="The stack to use [default: RETINUE_STACK, then the project's].",
        ),
        click.option(
            "--var", "variables", metavar="NAME=VALUE", multiple=True, expose_value=False,
            callback=chosen, help="Set a variable; may be repeated.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _variables(pairs: tuple[str, ...]) -> dict[str, str]:
    result = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UsageError(f"--var {pair}: write --var name=value")
        result[name] = value
    return result


def address_of(text: str) -> Address:
    """Read an address of the command line.

    Raises:
        UsageError: it is none.
    """
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def selection_options(command: Command) -> Command:
    """Add ``--target`` and ``--exclude``."""
    for name, text in (
        ("--exclude", "Leave out resources that fit PATTERN, and what needs them."),
        ("--target", "Only resources that fit PATTERN, and what they need."),
    ):
        command = click.option(
            name, f"{name[2:]}s", metavar="PATTERN", multiple=True, help=f"{text} May be repeated."
        )(command)
    return command


def parallelism_option(command: Command) -> Command:
    """Add ``--parallelism``."""
    return click.option(
        "--parallelism", metavar="N", type=click.IntRange(1, 128),
        help="Requests at once [default: parallelism in retinue.yaml].",
    )(command)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """A project with what its manifests want."""

    project: Project
    manifest: Manifest
    want: Wanted


def open_wanted(chosen: Chosen, *, secrets: bool = True, allow_closed: bool = False) -> Opened:
    """Open the project, read its manifests, digest its files, and read its ``secrets`` if wanted.

    ``allow_closed`` is for commands that also work where the platform has closed a target.

    Raises:
        ManifestError: with every problem.
    """
    from retinue.operations.declared import declared
    from retinue.operations.desired import wanted

    project = chosen.project()
    manifest = declared(project, allow_closed=allow_closed)
    return Opened(project, manifest, wanted(project, manifest, reading=secrets))


def plan_options(
    targets: tuple[str, ...] = (),
    excludes: tuple[str, ...] = (),
    *,
    destroy: bool = False,
    forced: bool = False,
    preview: bool = False,
) -> PlanOptions:
    """The engine's options from the command line's."""
    from retinue.operations.planning import PlanOptions

    return PlanOptions(
        targets=targets, excludes=excludes, destroy=destroy, forced=forced, preview=preview
    )
