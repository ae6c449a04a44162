"""The errors a user can meet.

::

    NeurodeskError            code, one-line message, hint, exit status
    └── …                     one subclass per cause, defined beside the code that raises it

Every subclass sets ``code`` (stable, listed in docs/errors.md, e.g. ``ND-CVMFS-001``), and may set
``hint`` (what to do) and ``exit_status``. Standard library only: task containers import this module.
"""

from __future__ import annotations

from collections.abc import Iterator


class NeurodeskError(RuntimeError):
    """An error with a stable code, a one-line message and the way out.

    It is a ``RuntimeError`` because Elyra shows those to the user as they are.

    Args:
        message: what is wrong, naming the object and the limit; line breaks become spaces.
        hint: what to do about it; the class's own hint when left out.
    """

    code = "ND-ERROR-000"
    hint = ""
    exit_status = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.message = one_line(message)
        self.hint = one_line(type(self).hint if hint is None else hint)
        super().__init__(str(self))

    def __str__(self) -> str:
        tail = f" {self.hint}" if self.hint else ""
        return f"{self.code}: {self.message}{tail}"


def one_line(text: str) -> str:
    """Return ``text`` as one line that a terminal shows as it is.

    Every run of white space, line breaks included, becomes one space; control characters, marks that change
    the direction of writing and halves of surrogate pairs become escapes such as ``\\x1b``.
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)


def all_errors(base: type[NeurodeskError] = NeurodeskError) -> Iterator[type[NeurodeskError]]:
    """Yield every subclass of ``base`` that has been imported, in no particular order."""
    for child in base.__subclasses__():
        yield child
        yield from all_errors(child)
