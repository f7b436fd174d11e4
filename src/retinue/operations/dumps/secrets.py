"""Keys that got into prompts, metadata and descriptions: they don't go on into git. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

REDACTED: Final = "[redacted]"

_SECRETS: Final = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:
        sk-[A-Za-z0-9_-]{16,}                 # OpenAI, Anthropic and many that follow them
      | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}
      | (?:ghp|gho|ghs|ghu|ghr)_[A-Za-z0-9]{20,}
      | github_pat_[A-Za-z0-9_]{20,}
      | glpat-[A-Za-z0-9_-]{16,}
      | xox[abprs]-[A-Za-z0-9-]{10,}
      | AKIA[0-9A-Z]{16}
      | AIza[A-Za-z0-9_-]{30,}
    )(?![A-Za-z0-9_])""",
    re.VERBOSE,
)


def redacted(value: Any, path: str = "") -> tuple[Any, list[str]]:
    """``value`` with every key in a text replaced, and the paths of these texts."""
    if isinstance(value, str):
        text = _SECRETS.sub(REDACTED, value)
        return text, [path] if text != value else []
    found: list[str] = []
    if isinstance(value, dict):
        result = {}
        for key, item in value.items():
            result[key], inner = redacted(item, f"{path}.{key}" if path else key)
            found += inner
        return result, found
    if isinstance(value, list):
        items = []
        for index, item in enumerate(value):
            shown, inner = redacted(item, f"{path}[{index}]")
            items.append(shown)
            found += inner
        return items, found
    return value, found
