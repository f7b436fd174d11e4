"""The command ``retinue``: finds the command, runs it, maps errors to exit codes.

Commands are imported when they are used, so that ``--help`` costs next to nothing.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from retinue import __version__
from retinue.cli.failing import named, show_traceback
from retinue.cli.options import chdir_option
from retinue.cli.terminal import Terminal
from retinue.errors import ManifestError, RetinueError, UsageError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("retinue.cli.init", "Start a project with a commented example."),
    "validate": ("retinue.cli.validate", "Check the manifests, offline, and report every problem."),
    "plan": ("retinue.cli.plan", "Show what apply would change; change nothing."),
    "apply": ("retinue.cli.apply", "Create, update and delete until the platform matches."),
    "destroy": ("retinue.cli.destroy", "Delete everything that the state knows."),
    "drift": ("retinue.cli.drift", "Show what others changed on the platform; change nothing."),
    "import": ("retinue.cli.importing", "Take over objects that live on the platform already."),
    "output": ("retinue.cli.output", "Print the names and IDs that an application needs."),
    "graph": ("retinue.cli.graph", "Print the resources and what they depend on."),
    "state": ("retinue.cli.state", "Look at the state, and mend it."),
    "unlock": ("retinue.cli.unlock", "Give back the lease of an apply that is gone."),
    "ask": ("retinue.cli.ask", "Put a question to an applied assistant."),
    "chat": ("retinue.cli.chat", "Talk to an applied assistant."),
    "test": ("retinue.cli.test", "Run the checks of assistants against what was applied."),
    "serve": ("retinue.cli.serve", "Run the embedded platform as an HTTP server."),
    "schema": ("retinue.cli.schema", "Print the JSON Schema of manifests or of another document."),
    "completion": ("retinue.cli.completion", "Print the completion script of a shell."),
}
"""Command name to its module, which has an attribute ``command``, and its help line."""


_COLLECT_AFTER = 50_000
"""New objects between two garbage collections. A plan lives until the process ends: looking through
it again and again, as Python does by default, takes a seventh of the time and frees nothing."""


class LazyGroup(click.Group):
    """A group whose commands are imported only when one of them runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            where = "options other than -C stand behind the command: retinue COMMAND"
            message = f"{error.message.rstrip('.')}; {where} {error.option_name} …"
            raise click.UsageError(message, ctx) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(args[0], possibilities=_near(args[0]), ctx=ctx) from error


def _near(name: str) -> list[str]:
    import difflib

    return difflib.get_close_matches(name, COMMANDS, n=2)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@chdir_option
@click.version_option(__version__, "--version", prog_name="retinue")
def cli() -> None:
    """Keep AI assistants in git: manifests, a plan, an apply.

    Exit codes: 0 ok; 1 error; 2 changes or drift (plan --detailed-exitcode, drift); 3 apply partly
    done; 4 refused; 5 plan stale; 6 locked; 7 authentication; 130 interrupted.
    """


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    gc.set_threshold(_COLLECT_AFTER)
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        with named():
            result = cli.main(argv, prog_name="retinue", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except click.Abort:
        click.echo("\nInterrupted.", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; leave no second complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except RetinueError as error:
        show_traceback(error.__cause__ or error)
        _show(error)
        return error.exit_code


def _show(error: RetinueError) -> None:
    terminal = Terminal.current()
    if isinstance(error, ManifestError):
        terminal.problems(error.problems)
    else:
        terminal.error(error)
