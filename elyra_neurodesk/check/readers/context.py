"""What the readers of all languages share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from elyra_neurodesk.check.events import Event, Location, Scope


@dataclass
class Context:
    """Process numbers, and the way to read code within code of another language.

    Attributes:
        read_embedded: reads a program that a command line holds, such as that of ``Rscript -e '…'``: its
            language, its text, where it is, and the process that runs it.
    """

    read_embedded: Callable[[str, str, Location, Scope], list[Event]]
    _last: int = 0

    def new_scope(self, parent: Scope = ()) -> Scope:
        """Return the scope of a new process started from ``parent``; each gets a number of its own."""
        self._last += 1
        return (*parent, self._last)
