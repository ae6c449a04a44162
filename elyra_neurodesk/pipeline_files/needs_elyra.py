"""How a pipeline file is left to Elyra's own parser and validation."""

from __future__ import annotations


class NeedsElyra(Exception):
    """A pipeline file has something that only Elyra can read or refuse; the text says what.

    Never an error for the user: who catches it lets Elyra's parser, and where the pipeline is to be submitted
    its validation, read the file and say what is wrong with it.
    """


def require(plain: bool, what: str) -> None:
    """Leave the file to Elyra unless a condition holds.

    Raises:
        NeedsElyra: it does not.
    """
    if not plain:
        raise NeedsElyra(what)
