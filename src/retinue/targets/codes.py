"""Every code that a problem of an assistant with its target or its model can have.

The list is what the documentation prints; a test holds it equal to what the code raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "RTN-TARGET-CLOSED": "an assistant is on a target that OpenAI, where it would be, has closed",
    "RTN-TARGET-FIELD": "an assistant has a field that its target doesn't know",
    "RTN-TARGET-LIMIT": "an assistant has more of something than its target takes",
    "RTN-TARGET-OPTION": "a tool or a format says something that the target can't express",
    "RTN-TARGET-TOOL": "an assistant has a tool that its target doesn't know",
    "RTN-MODEL-PARAMETER": "a model refuses a parameter that the assistant has",
    "RTN-MODEL-RETIRED": "warning: OpenAI has shut a model down",
    "RTN-MODEL-SHUTDOWN": "warning: OpenAI is going to shut a model down",
}
