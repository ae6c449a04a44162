"""Our command line and Elyra's as programs of a `ForkServer`."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import entry_points

from tests.support.forkserver import ForkServer, Main

OURS = "elyra_neurodesk.cli.main"
PLUGINS = ("elyra.pipeline.processors", "elyra.component.catalog_types", "metadata.schemas_providers")
LIBRARIES = (
    "elyra.cli.pipeline_app",
    "elyra.pipeline.component_catalog",
    "elyra.pipeline.parser",
    "elyra.pipeline.validation",
    "kfp.client",
    "minio",
    "rich.progress",
)
FORKED = ForkServer("tests.support.forked_commands")


def can_run(command: Sequence[str]) -> bool:
    """Tell whether `main_of` knows a command."""
    words = list(command)
    return words[:3] == [sys.executable, "-m", OURS] or words[0] in ("elyra-pipeline", "elyra-metadata")


def preload() -> None:
    """Import Elyra with all its plugins, and all commands."""
    for group in PLUGINS:
        for found in entry_points(group=group):
            with suppress(ImportError):  # Elyra names some of its tests, which it does not install
                found.load()
    commands = importlib.import_module(OURS.rpartition(".")[0])
    for module in pkgutil.iter_modules(commands.__path__, f"{commands.__name__}."):
        importlib.import_module(module.name)
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not logging.root.handlers, (
        "importing elyra.metadata.metadata_app makes every process log to stderr"
    )


def main_of(command: list[str]) -> Main:
    """Return the main function of ``python -m elyra_neurodesk.cli.main …``, ``python -c …`` or a script."""
    if command[1] == "-c":
        sys.argv[:] = ["-c", *command[3:]]
        return lambda: exec(compile(command[2], "<string>", "exec"), {"__name__": "__main__"})
    if command[1] == "-m":
        sys.argv[:] = command[2:]
        main: Main = importlib.import_module(command[2]).main
        return main
    sys.argv[:] = command
    (script,) = entry_points(group="console_scripts", name=command[0])
    loaded: Main = script.load()
    return loaded
