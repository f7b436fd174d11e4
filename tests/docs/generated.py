"""The parts of the documentation that are made from the code: tables of fields, options, codes.

Each stands in a page between two comments, ``<!-- made: NAME -->`` and ``<!-- end -->``. To write
them anew: ``python -m tests.docs.generated``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from retinue.cli.main import cli
from retinue.manifest.codes import CODES
from retinue.manifest.schema import manifest_schema
from retinue.manifest.schema_project import TARGETS, project_schema
from retinue.targets.codes import CODES as TARGET_CODES
from retinue.targets.refusals import RULES
from retinue.targets.responses import ALONE
from retinue.targets.rules import Rule

DOCS = Path(__file__).parents[2] / "docs"
_PART = re.compile(r"<!-- made: (?P<name>[a-z_ ]+) -->\n(?P<text>.*?)<!-- end -->\n", re.DOTALL)

Schema = Mapping[str, Any]


def rewritten(page: str) -> str:
    """A page with its made parts as the code has them now."""

    def made(match: re.Match[str]) -> str:
        name = match["name"]
        return f"<!-- made: {name} -->\n\n{PARTS[name]().strip()}\n\n<!-- end -->\n"

    return _PART.sub(made, page)


def parts_of(page: str) -> list[str]:
    """The names of a page's made parts."""
    return [match["name"] for match in _PART.finditer(page)]


# --- fields ------------------------------------------------------------------------------------


def table(schema: Schema) -> str:
    """Every key of a mapping, nested ones with their path."""
    head = ["| key | value | meaning |", "|---|---|---|"]
    return "\n".join([*head, *(_row(*row) for row in fields(schema))])


def _row(name: str, value: str, meaning: str) -> str:
    return f"| `{name}` | {value} | {meaning} |"


def fields(schema: Schema, path: str = "") -> Iterator[tuple[str, str, str]]:
    """(path, value, meaning) of every key that a schema knows."""
    required = set(schema.get("required", ()))
    for key, sub in schema.get("properties", {}).items():
        if sub is not True and "not" not in sub:
            yield from _field(f"{path}{key}", sub, needed=key in required)
    for rule in schema.get("allOf", ()):
        yield from _conditional(rule, path)


def _field(name: str, schema: Schema, *, needed: bool) -> Iterator[tuple[str, str, str]]:
    meaning = str(schema.get("description", ""))
    if schema.get("deprecated"):
        meaning += " (deprecated)"
    if needed:
        meaning += " (required)"
    yield name, _value(schema), meaning
    if name != "stacks":
        yield from fields(schema, f"{name}.")
        yield from fields(schema.get("items", {}), f"{name}[].")


def _conditional(rule: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    """Keys that a mapping may hold only where ``type`` or ``api`` has a certain value."""
    tested = rule.get("if", {}).get("properties", {})
    for key, test in tested.items():
        for name, value, meaning in fields(rule["then"], path):
            yield name, value, f"{meaning} (with {key}: {test.get('const')})"


def _value(schema: Schema) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{'null' if word is None else word}`" for word in schema["enum"])
    kinds = schema.get("type", "any")
    words = [_WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(words) + _limits(schema)


_WORDS = {
    "string": "text",
    "object": "mapping",
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
}


def _limits(schema: Schema) -> str:
    if "minimum" in schema:
        return f", {schema['minimum']} to {schema['maximum']}"
    for key, unit in (("maxLength", "characters"), ("maxItems", "entries")):
        if key in schema:
            return f", up to {schema[key]} {unit}"
    return ""


def _section(name: str) -> Schema:
    section: Schema = manifest_schema()["properties"][name]
    inner: Schema = section.get("additionalProperties") or section["items"]
    return inner


def _of(name: str) -> Callable[[], str]:
    return lambda: table(_section(name))


# --- commands ----------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, in the order of ``--help``."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        yield f"retinue {name}", command
        if isinstance(command, click.Group):
            for sub, inner in command.commands.items():
                yield f"retinue {name} {sub}", inner


def command_reference() -> str:
    """Help text, usage and options of every command."""
    return "\n\n".join(_command(name, command) for name, command in commands())


def _command(name: str, command: click.Command) -> str:
    usage = " ".join([name, *command.collect_usage_pieces(click.Context(command))])
    parts = [f"### {name}", _help(command), f"    {usage}"]
    options = [p for p in command.params if isinstance(p, click.Option)]
    if options:
        head = ["| option | meaning |", "|---|---|"]
        parts.append("\n".join([*head, *map(_option, options)]))
    return "\n\n".join(parts)


def _help(command: click.Command) -> str:
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(" ".join(text.split()) for text in paragraphs)


def _option(option: click.Option) -> str:
    context = click.Context(click.Command("any"))
    record = option.get_help_record(context)
    assert record is not None, "no option is hidden"
    cells = (f"`{record[0]}`", " ".join(record[1].split()))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


# --- codes -------------------------------------------------------------------------------------


def code_table(codes: Mapping[str, str]) -> str:
    """The codes of problems in what the user wrote."""
    rows = [f"| `{code}` | {meaning} |" for code, meaning in codes.items()]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


# --- targets -----------------------------------------------------------------------------------


def target_table() -> str:
    """What is refused, and on which targets; where one takes only so much, how much."""
    head = [f"| | {' | '.join(f'`{target}`' for target in TARGETS)} |", "|---|---|---|---|"]
    subjects = dict.fromkeys(rule.subject for rule in RULES)
    return "\n".join([*head, *(_refused(subject) for subject in subjects)])


def _refused(subject: str) -> str:
    outer = f"tool {re.split('[. ]', subject)[0]}"
    rules = {r.target: r for r in RULES if r.subject in (outer, subject)}
    cells = (_cell(subject, target, rules.get(target)) for target in TARGETS)
    return f"| {subject} | {' | '.join(cells)} |"


def _cell(subject: str, target: str, rule: Rule | None) -> str:
    return "not sent" if target == "responses" and subject in ALONE else _taken(rule)


def _taken(rule: Rule | None) -> str:
    if rule is None:
        return "yes"
    return "no" if rule.most is None else f"up to {rule.most:,}"


PARTS: Mapping[str, Callable[[], str]] = {
    "assistants": _of("assistants"),
    "functions": _of("functions"),
    "files": _of("files"),
    "vector_stores": _of("vector_stores"),
    "environments": _of("environments"),
    "skills": _of("skills"),
    "vaults": _of("vaults"),
    "credentials": _of("credentials"),
    "automations": _of("automations"),
    "moved": _of("moved"),
    "removed": _of("removed"),
    "project file": lambda: table(project_schema()),
    "commands": command_reference,
    "manifest codes": lambda: code_table(CODES),
    "targets": target_table,
    "target codes": lambda: code_table(TARGET_CODES),
}


def pages() -> Iterable[Path]:
    """Every page of the documentation."""
    return sorted(DOCS.glob("*.md"))


def main() -> None:
    """Write the made parts of every page anew."""
    for page in pages():
        page.write_text(rewritten(page.read_text("utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
