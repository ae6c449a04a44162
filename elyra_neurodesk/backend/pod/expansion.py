"""Kubernetes' ``$(NAME)`` references in environment values, commands and arguments.

The rules are those of the API reference (Container v1 core, ``command`` and ``EnvVar.value``): ``$(NAME)``
is replaced when NAME is defined, and stays as it is otherwise; ``$$`` is a plain ``$``, so that ``$$(NAME)``
is never a reference; any other ``$`` stands for itself. What a reference brings in is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# One token at a time, from the left: an escape, a whole reference, or nothing special.
_TOKEN = re.compile(r"\$\$|\$\(([^)]*)\)")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Return ``text`` with its references replaced by the values in ``variables``."""

    def replace(token: re.Match[str]) -> str:
        if token[0] == "$$":
            return "$"
        return variables.get(token[1], token[0])

    return _TOKEN.sub(replace, text)


def expand_all(definitions: Iterable[tuple[str, str]], known: Mapping[str, str]) -> dict[str, str]:
    """Return variables defined one after the other, each able to refer to those before it.

    Args:
        definitions: name and unexpanded value, in order; a later definition of a name replaces the earlier.
        known: variables that references may name and that are not part of the result.
    """
    defined: dict[str, str] = {}
    for name, value in definitions:
        defined[name] = expand(value, {**known, **defined})
    return defined
