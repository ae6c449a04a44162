"""Which environment variables only a new interpreter would honour.

Imports `os` alone: it is imported before what it watches.
"""

from __future__ import annotations

import os

# Read by the interpreter, the loader or the C library when a process starts, or by libraries through an
# iteration over all variables, which says nothing of the names they look for.
_AT_START = (
    "GLIBC_TUNABLES",
    "LANG",
    "LC_",
    "LD_",
    "MALLOC_",
    "NETWORKX_",
    "OPENSSL_",
    "PYTHON",
    "TQDM_",
)
# Read by Elyra, which papermill imports where it is installed, for servers; no task uses it.
_WITHOUT_EFFECT = ("ELYRA_",)


class ReadRecorder:
    """Notes the names of the variables that are read in a ``with`` block: what imports have looked at.

    Attributes:
        names: the names, found or not.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __enter__(self) -> ReadRecorder:
        names, kind = self.names, type(os.environ)

        class Recording(kind):  # type: ignore[misc, valid-type]
            def __getitem__(self, name: str) -> str:
                names.add(name)
                return str(super().__getitem__(name))

            def items(self) -> object:
                # whoever takes all of them has no interest in the single one
                return {name: super(Recording, self).__getitem__(name) for name in self}.items()

        self._kind = kind
        os.environ.__class__ = Recording
        return self

    def __exit__(self, *exception: object) -> None:
        os.environ.__class__ = self._kind


def unhonoured(new: dict[str, str], old: dict[str, str], read: frozenset[str]) -> str:
    """Return the name of a variable whose value would come too late in a fork; "" when there is none.

    Args:
        new: the environment that a program is to have.
        old: the one in which the forking process began.
        read: from `ReadRecorder`: what its imports have read.
    """
    for name in sorted({*new, *old}):
        if new.get(name) == old.get(name) or name.startswith(_WITHOUT_EFFECT):
            continue
        if name in read or name.startswith(_AT_START):
            return name
    return ""
