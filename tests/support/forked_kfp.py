"""Python files that use nothing but KFP, as programs of a `ForkServer`."""

from __future__ import annotations

import functools
import importlib
import inspect
import runpy
import sys
from typing import Any
from unittest import mock

from tests.support.forkserver import ForkServer, Main

FORKED = ForkServer("tests.support.forked_kfp")


def preload() -> None:
    """Import KFP's SDK."""
    for name in ("kfp.compiler", "kfp.dsl", "kfp.kubernetes"):
        importlib.import_module(name)
    quick_stack().start()


def quick_stack() -> Any:
    """Return a patch of `inspect.stack` that reads no source lines.

    KFP takes nothing but a caller's name from it, whenever a setting of a task is set: most of what compiling
    takes is the search of all callers' source files, among all modules there are.
    """
    return mock.patch("inspect.stack", functools.partial(inspect.stack, 0))


def main_of(command: list[str]) -> Main:
    """Return ``python FILE``."""
    sys.argv[:] = command[1:]

    def main() -> None:
        runpy.run_path(command[1], run_name="__main__")

    return main
