"""Every code that a problem in a manifest or project file can have, and what it stands for.

The list is what the documentation prints; a test holds it equal to what the code raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    # the file as text
    "RTN-MANIFEST-BINARY": "a binary file, or control characters, where text is expected",
    "RTN-MANIFEST-EMPTY": "a file holds nothing, or comments only",
    "RTN-MANIFEST-ENCODING": "a file is not UTF-8",
    "RTN-MANIFEST-TOO-LARGE": "a file has more than 10 MiB",
    "RTN-MANIFEST-UNREADABLE": "a file can't be opened",
    # YAML
    "RTN-MANIFEST-ALIAS": "an alias has no anchor, or holds itself",
    "RTN-MANIFEST-ALIAS-BOMB": "aliases blow a file up",
    "RTN-MANIFEST-DEPTH": "values are nested more than 64 levels deep",
    "RTN-MANIFEST-DOCUMENTS": "a file holds several documents",
    "RTN-MANIFEST-DUPLICATE-KEY": "a key is written twice in a mapping",
    "RTN-MANIFEST-KEY": "a key is no text",
    "RTN-MANIFEST-MERGE-KEY": "the merge key << is not part of YAML 1.2",
    "RTN-MANIFEST-NUMBER": "a number is not finite, or does not fit into 64 bits",
    "RTN-MANIFEST-SYNTAX": "a file is not YAML or JSON",
    "RTN-MANIFEST-TAB": "a tab is used for indentation",
    "RTN-MANIFEST-TAG": "a value has a tag",
    "RTN-MANIFEST-YAML-VERSION": "a file asks for YAML 1.1",
    # structure and limits
    "RTN-MANIFEST-CHOICE": "keys that exclude or need each other",
    "RTN-MANIFEST-NAME": "a name or key can't be used",
    "RTN-MANIFEST-NOT-MAPPING": "the top of a file is no mapping",
    "RTN-MANIFEST-PATTERN": "a text has not the form that it needs",
    "RTN-MANIFEST-RANGE": "a number is too small or too large",
    "RTN-MANIFEST-REQUIRED": "a key is missing",
    "RTN-MANIFEST-RESERVED": "a key belongs to Retinue's marker",
    "RTN-MANIFEST-SCHEMA": "a value does not fit the schema in another way",
    "RTN-MANIFEST-TOO-LONG": "a text is longer than the platform allows",
    "RTN-MANIFEST-TOO-MANY": "there are more entries than the platform allows",
    "RTN-MANIFEST-TYPE": "a value is of the wrong type, or empty",
    "RTN-MANIFEST-UNKNOWN-KEY": "a key is not known, probably misspelt",
    "RTN-MANIFEST-VALUE": "a value is none of the possible ones",
    # interpolation
    "RTN-MANIFEST-INTERPOLATION": "a ${ is not closed, or is no interpolation",
    "RTN-MANIFEST-VARIABLE": "a variable does not exist, or has no value",
    # meaning
    "RTN-MANIFEST-DUPLICATE-ADDRESS": "two files declare the same address",
    "RTN-MANIFEST-DUPLICATE-FILE": "a file is named twice in one place",
    "RTN-MANIFEST-DUPLICATE-REFERENCE": "a resource is named twice in one place",
    "RTN-MANIFEST-DUPLICATE-TOOL": "an assistant has a tool twice",
    "RTN-MANIFEST-ID": "a literal ID is that of another kind of object",
    "RTN-MANIFEST-MOVED": "an entry of moved: makes no sense",
    "RTN-MANIFEST-OLD-FORM": "the first Assistants API's form is mixed with the new one",
    "RTN-MANIFEST-REFERENCE": "a name leads nowhere",
    "RTN-MANIFEST-REMOVED": "an entry of removed: makes no sense",
    "RTN-MANIFEST-SCHEDULE": "a schedule is no cron expression, or never comes",
    "RTN-MANIFEST-SECRET": "a secret is written down, or is no reference as a whole",
    "RTN-MANIFEST-STRICT": "a strict schema breaks OpenAI's rule for strict schemas",
    "RTN-MANIFEST-TARGET": "an automation starts an assistant on another target than agents",
    "RTN-MANIFEST-TIME": "a time is malformed, or has no offset from UTC",
    "RTN-MANIFEST-TIMEZONE": "a time zone is not known",
    # files
    "RTN-MANIFEST-FILE-CYCLE": "manifests name each other as files",
    "RTN-MANIFEST-FILE-EMPTY": "a file to upload is empty",
    "RTN-MANIFEST-FILE-NAME": "a file's path can't be an address",
    "RTN-MANIFEST-FILE-SIZE": "a file to upload has more than 512 MB",
    "RTN-MANIFEST-FOLDER": "there is no manifest folder",
    "RTN-MANIFEST-GLOB": "a pattern is malformed",
    "RTN-MANIFEST-GLOB-EMPTY": "a pattern matches no file",
    "RTN-MANIFEST-PATH-KIND": "a path leads to a folder instead of a file, or the reverse",
    "RTN-MANIFEST-PATH-MISSING": "a path leads to nothing",
    "RTN-MANIFEST-PATH-OUTSIDE": "a path leads outside of the project",
    "RTN-MANIFEST-PLUGIN": "a folder is no plugin: plugin.json is missing, or has no name",
    "RTN-MANIFEST-SKILL": "a folder is no skill: SKILL.md is missing, or has no name",
    # warnings
    "RTN-MANIFEST-CREDENTIAL-APART": "warning: a tool's credential is in a vault that is not used",
    "RTN-MANIFEST-CREDENTIAL-URL": "warning: a tool's server is not the one of its credential",
    "RTN-MANIFEST-DEPRECATED": "warning: the form of the first Assistants API is used",
    "RTN-MANIFEST-EMPTY-PROMPT": "warning: a file of instructions is empty",
    "RTN-MANIFEST-FILE-TWICE": "warning: two declared files have the same path",
    "RTN-MANIFEST-JSON-WORD": "warning: JSON mode without JSON in the instructions",
    "RTN-MANIFEST-KEY-LIKE": "warning: a text looks like a key",
    "RTN-MANIFEST-NO-MANIFESTS": "warning: the manifest folder holds no manifest",
    "RTN-MANIFEST-UNUSED-FUNCTION": "warning: no assistant uses a function",
}
