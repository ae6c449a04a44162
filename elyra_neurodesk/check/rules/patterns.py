"""Whether a name of which parts are not known can be one that a pattern with wildcards stands for."""

from __future__ import annotations

import re
from functools import cache

from elyra_neurodesk.check.events import UNKNOWN

_TOKEN = re.compile(r"\*\*/?|\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_ANY = {"**": "tree", "**/": "tree", "*": "name", "?": "letter"}
_MAX_LENGTH = 200  # of name and pattern


def has_wildcards(pattern: str) -> bool:
    """Return whether a declared output is a pattern."""
    return any(token in _ANY or len(token) > 1 for token in _TOKEN.findall(pattern))


def can_match(name: str, pattern: str) -> bool:
    """Return whether ``name`` can be a file that the glob ``pattern`` finds.

    ``*`` and ``?`` stay within a directory, ``**`` does not, a set in brackets counts as ``?``; an unknown
    part may be anything. Where it would take too long to tell, it can.

    Args:
        name: a path, with `UNKNOWN` for each part that is not known.
        pattern: as `glob.glob` takes it.
    """
    if len(name) > _MAX_LENGTH or len(pattern) > _MAX_LENGTH:
        return True
    tokens = [
        ("letter", "") if len(token) > 1 and token not in _ANY else (_ANY.get(token, "text"), token)
        for token in _TOKEN.findall(pattern)
    ]

    @cache
    def fits(i: int, j: int) -> bool:
        """Return whether the rest of the name from ``i`` fits the rest of the pattern from ``j``."""
        kind, text = tokens[j] if j < len(tokens) else ("end", "")
        if i < len(name) and name[i] == UNKNOWN:
            # the unknown part ends here, or takes one more token of the pattern
            return fits(i + 1, j) or (kind != "end" and fits(i, j + 1))
        if kind == "end":
            return i == len(name)
        if kind in ("tree", "name"):
            more = i < len(name) and (kind == "tree" or name[i] != "/")
            return fits(i, j + 1) or (more and fits(i + 1, j))
        if i == len(name):
            return False
        return (name[i] != "/" if kind == "letter" else name[i] == text) and fits(i + 1, j + 1)

    return fits(0, 0)
