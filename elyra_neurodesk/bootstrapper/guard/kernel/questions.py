"""Commands that do nothing but answer: how a tool is used, which version it is, whether something is so."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from . import wrappers

_ALWAYS = frozenset(
    ["--help", "-help", "--version", "-version", "--usage", "-usage", "--helpfull", "--help-all", "-fullhelp"]
)
_ALONE = frozenset(["-h", "-H", "-?", "-V", "-v", "-hh", "-u", "help", "version"])
MISSING = (126, 127)
# tools print their usage and exit with 1, 2, 255 and others; from 128 on a shell means a signal
_MAX_STATUS, _EXIT_MINUS_ONE = 125, 255

# fmt: off
QUERIES = frozenset((
    "[", "[[", "((", "test", "grep", "egrep", "fgrep", "zgrep", "rg", "diff", "cmp", "which", "type",
    "command", "hash", "pgrep", "expr", "read", "let", "awk", "gawk", "git", "jq", "getopts", "mountpoint",
))
"""Commands whose status 1 is an answer."""

HARMLESS = QUERIES | frozenset((
    "ls", "stat", "file", "find", "rm", "rmdir", "unlink", "mkdir", "kill", "killall", "pkill", "umount",
    "stty", "tput", "clear", "reset", "shopt", "ulimit", "renice", "unset", "unalias", "getent", "id",
    "dpkg", "rpm", "false", ":", "source", ".", "jobs", "fg", "bg", "disown", "set", "trap", "nvidia-smi",
    "lspci", "builtin",
))
"""Commands that often fail in the middle of a text without any harm to what comes after them."""
# fmt: on


def asks_for_help(words: Sequence[str], status: int) -> bool:
    """Tell whether a command that ended so was only asked how it is used, or for its version.

    It was where it has an option that means nothing else; where its only argument, or what follows the name
    of a subcommand, is such an option in short; and where a Neurodesk tool has no argument at all. A script
    of the user's own may need none.

    Args:
        words: the command and its arguments, as it was called.
        status: its exit status. A command that is missing, or was ended by a signal, gives no answer.
    """
    if not (0 <= status <= _MAX_STATUS or status == _EXIT_MINUS_ONE):
        return False
    words = [word for word in words if word]
    if not words:
        return False
    name, arguments = words[0], list(words[1:])
    if not arguments:
        return wrappers.find(name) is not None or ("/" in name and wrappers.container_of(name) is not None)
    before_dashes = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if any(word in _ALWAYS for word in before_dashes):
        return True
    if all(word in _ALONE for word in arguments):
        return True
    return len(arguments) == 2 and arguments[1] in ("-h", "-?") and arguments[0].replace("-", "").isalpha()


def split(text: str) -> list[str]:
    """Return the words of a command line; quotes that do not close count as text."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
