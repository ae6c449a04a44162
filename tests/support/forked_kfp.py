"""Python files that use nothing but KFP, as programs of a `ForkServer`."""

from __future__ import annotations

import importlib
import runpy
import sys

from tests.support.forkserver import ForkServer, Main

FORKED = ForkServer("tests.support.forked_kfp")


def preload() -> None:
    """Import KFP's SDK."""
    for name in ("kfp.compiler", "kfp.dsl", "kfp.kubernetes"):
        importlib.import_module(name)


def main_of(command: list[str]) -> Main:
    """Return ``python FILE``."""
    sys.argv[:] = command[1:]

    def main() -> None:
        runpy.run_path(command[1], run_name="__main__")

    return main
