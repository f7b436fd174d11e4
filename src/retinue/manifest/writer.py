"""Write values as manifest YAML that reads back as exactly what it was.

Long texts become block scalars; whatever a YAML 1.1 or 1.2 reader could take for something else
than text is quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from retinue.manifest.scalars import UnfitNumber, resolve

if TYPE_CHECKING:
    import yaml

_ODD_ENDS: Final = "\x85\u2028\u2029"
"""Line ends to some readers and text to others: the same to all of them as escapes."""


def to_yaml(document: Mapping[str, Any]) -> str:
    """One YAML document; ``${`` in texts is escaped, so that nothing is interpolated."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Puts list items under their key and quotes what needs it."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
            del indentless
            super().increase_indent(flow, indentless=False)

    Dumper.add_representer(str, _text)
    text: str = yaml.dump(
        _escaped(document), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    if any(end in value for end in _ODD_ENDS):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')
    if "\n" in value and not any(line.endswith(" ") for line in value.split("\n")):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|")
    style = None if _plain(value) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _plain(value: str) -> bool:
    """Whether YAML 1.2 core reads the unquoted text as text."""
    try:
        return resolve(value) == value
    except UnfitNumber:
        return False


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value
