"""Names that KFP, Kubernetes and an object store accept, made from names that people type.

Every function here promises, for any text whatever its length and script:

- The result is valid, and the same for the same text.
- A valid name comes back unchanged.
- Two texts never give the same name by accident: a name that had to be changed ends in the first eight hex
  digits of the text's SHA-256.

`task_name` is the exception to the last one, because a task's name is what people see in logs: "Run BET" and
"run bet" both give "run-bet", and its argument ``taken`` keeps them apart. The text as typed stays in display
names, which allow any language.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container

# KFP makes pod names of "<workflow>-<task>-<suffix>"; 63 is Kubernetes' limit for a DNS label.
TASK_NAME_LIMIT = 48
PIPELINE_NAME_LIMIT = 63
INPUT_NAME_LIMIT = 63
LABEL_VALUE_LIMIT = 63
DIRECTORY_LIMIT = 100

ASTRAL = re.compile("[\U00010000-\U0010ffff]")
"""Characters beyond the Basic Multilingual Plane."""

_TASK = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_INPUT = re.compile(r"[a-z]([a-z0-9_]*[a-z0-9])?")
_LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?")
_DIRECTORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def storable(text: str) -> str:
    """Return ``text`` with the replacement character for each that KFP's database cannot store.

    MySQL's character set of KFP's tables ends at U+FFFF. With an emoji in a name or an annotation KFP starts
    the workflow, fails to store the run and answers 500.
    """
    return ASTRAL.sub("\N{REPLACEMENT CHARACTER}", text)


def task_name(label: str, taken: Container[str] = ()) -> str:
    """Return a KFP task name (at most 48 characters) for a label: lower-case letters, digits, single dashes.

    Args:
        label: the node's label, any text.
        taken: names that may not be used; instead of one, the result ends in ``-2``, ``-3``, …
    """
    plain = re.sub("[^a-z0-9]+", "-", label.lower()).strip("-")
    # KFP itself lowers case and turns blanks and punctuation into dashes: only labels that lose more, letters
    # of other scripts, are distinguished by the hash.
    lossless = label.isascii() and bool(plain)
    name = _limited(plain if lossless else _hashed(plain or "node", label), label, TASK_NAME_LIMIT)
    candidate, count = name, 1
    while candidate in taken:
        count += 1
        candidate = f"{name}-{count}"
    return candidate


def pipeline_name(name: str) -> str:
    """Return a name for a compiled pipeline, valid as a Kubernetes name prefix (63 characters)."""
    return _slug(name, _TASK, lambda text: re.sub("[^a-z0-9]+", "-", text.lower()), PIPELINE_NAME_LIMIT)


def input_name(name: str) -> str:
    """Return a KFP input name (63 characters) for a pipeline parameter: lower case, digits, underscores."""
    return _slug(name, _INPUT, lambda text: re.sub("[^a-z0-9]+", "_", text.lower()), INPUT_NAME_LIMIT, "_")


def label_value(text: str) -> str:
    """Return a Kubernetes label value (at most 63 characters, empty allowed)."""
    return _slug(text, _LABEL, lambda value: re.sub("[^A-Za-z0-9._-]+", "_", value), LABEL_VALUE_LIMIT)


def directory_name(name: str) -> str:
    """Return one part of an object key (100 characters) that is also a safe file name on every system."""
    return _slug(name, _DIRECTORY, lambda text: re.sub("[^A-Za-z0-9._-]+", "-", text), DIRECTORY_LIMIT)


def _slug(
    text: str, valid: re.Pattern[str], replace: Callable[[str], str], limit: int, joint: str = "-"
) -> str:
    if len(text) <= limit and valid.fullmatch(text):
        return text
    plain = replace(text).strip("-_.") or "x"
    if not plain[0].isalpha() and valid is _INPUT:
        plain = f"p{joint}{plain}"
    return _cut(plain, text, limit, joint)


def _hashed(plain: str, original: str, joint: str = "-") -> str:
    return f"{plain}{joint}{hashlib.sha256(original.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _cut(plain: str, original: str, limit: int, joint: str) -> str:
    return _hashed(plain[: limit - 9].rstrip("-_."), original, joint)


def _limited(name: str, original: str, limit: int) -> str:
    return name if len(name) <= limit else _cut(name, original, limit, "-")
