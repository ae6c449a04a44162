"""Lmod's subcommands as events, in whatever language they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elyra_neurodesk.check.events import (
    UNKNOWN,
    Event,
    LoadedVia,
    LoadModule,
    Location,
    Scope,
    UnloadModule,
    UseModulePath,
)
from elyra_neurodesk.check.words import word_set

_SYNONYMS = {
    "add": "load",
    "try-load": "load",
    "try-add": "load",
    "del": "unload",
    "rm": "unload",
    "switch": "swap",
}
LMOD_VERBS = word_set(
    "load unload purge swap use unuse list avail av spider show help whatis keyword key save restore",
    "reset refresh update savelist describe display overview is-loaded is-avail",
) | frozenset(_SYNONYMS)
"""What the first argument of ``ml`` may be beside the name of a module."""


def lmod_events(
    verb: str,
    names: Sequence[str],
    at: Location,
    *,
    scope: Scope = (),
    guarded: bool = False,
    via: LoadedVia = "",
    awaited: bool = True,
) -> Iterator[Event]:
    """Yield what ``module VERB NAME…`` does.

    Args:
        verb: the subcommand or a synonym; one that changes nothing, such as ``avail``, yields nothing.
        names: its arguments.
        at: where it is written.
        scope: the process whose environment it changes.
        guarded, via, awaited: as in `LoadModule`.
    """
    verb = _SYNONYMS.get(verb, verb)
    if verb == "swap":
        yield from (UnloadModule(at, name, scope=scope) for name in names[:-1])
        verb, names = "load", names[-1:]
    if verb == "load":
        for name in names:
            if name.startswith("-"):
                yield UnloadModule(at, name[1:], scope=scope)
            elif name:
                yield LoadModule(at, name, guarded, via, awaited=awaited, scope=scope)
    elif verb == "unload":
        yield from (UnloadModule(at, name, scope=scope) for name in names)
    elif verb in ("purge", "reset"):
        yield UnloadModule(at, scope=scope)
    elif verb == "use":
        yield from (UseModulePath(at, name, scope=scope) for name in names if not name.startswith("-"))
    elif verb == "restore":
        # a collection of modules that the user has saved
        yield LoadModule(at, UNKNOWN, guarded, "ready" if via else "", scope=scope)
