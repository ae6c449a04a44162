"""What the commands of ``elyra-neurodesk modules`` share: options, the index, JSON, the table of tools."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from elyra_neurodesk.cli.options import print_json
from elyra_neurodesk.errors import NeurodeskError

if TYPE_CHECKING:
    from rich.table import Table

    from elyra_neurodesk.modules.index import ModuleEntry, ModuleIndex, Origin, Resolution

F = TypeVar("F", bound=Callable[..., Any])


class UnknownModule(NeurodeskError):
    """No module has this name."""

    code = "ND-MODULE-004"
    hint = "`elyra-neurodesk modules search TEXT` looks in names, categories and commands."


class NoModuleIndex(NeurodeskError):
    """Neither the repository nor a list of its tools can be read."""

    code = "ND-MODULE-005"
    hint = (
        "Mount the repository, name it with --root, name a list of tools with --apps-json, or fetch the "
        "public list with --refresh where it can be reached."
    )


def index_options(command: F) -> F:
    """Add the options that say where modules are looked up."""
    for option in (
        click.option(
            "--refresh", is_flag=True, help="Read the repository anew, and fetch the list of tools."
        ),
        click.option(
            "--apps-json",
            "source",
            metavar="URL_OR_FILE",
            help="Neurocommand's list of tools, for where no repository is mounted "
            "[default: NEURODESK_APPS_JSON, else the public list].",
        ),
        click.option(
            "--root",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIRECTORY",
            help="The repository [default: NEURODESK_CVMFS_ROOT, else that of the runtime configuration "
            "(`local up --claim`), else /cvmfs/neurodesk.ardc.edu.au].",
        ),
    ):
        command = option(command)
    return command


def open_index(root: Path | None, source: str | None, refresh: bool) -> ModuleIndex:
    """Return the index that the options or the environment name, else that of the runtime configuration.

    The latter is what `check` reads, and for this machine what tasks see. Without a repository, the public
    list is fetched once a day.

    Raises:
        NoModuleIndex: there is none.
    """
    from elyra_neurodesk.cli.render import busy
    from elyra_neurodesk.modules import applist
    from elyra_neurodesk.modules.sources import current_index

    with busy("reading the list of modules"):  # a mount that was never read takes a minute
        index = _index(root, source, refresh)
        if index.origin.kind == "none" and not (source or os.environ.get("NEURODESK_APPS_JSON")):
            # elsewhere nothing is fetched unasked; here somebody asks which modules there are
            index = current_index(root, applist.DEFAULT_URL)
    if index.origin.kind == "none":
        tail = f": {index.origin.problem}" if index.origin.problem else ""
        raise NoModuleIndex(f"it is not known which modules there are{tail}.")
    return index


def _index(root: Path | None, source: str | None, refresh: bool) -> ModuleIndex:
    from elyra_neurodesk.modules.sources import current_index

    if root is None and source is None and not os.environ.get("NEURODESK_CVMFS_ROOT"):
        from elyra_neurodesk.check.before_submit import configured_index
        from elyra_neurodesk.elyra_adapter.runtime_configurations import default_or_this_machine

        if configuration := default_or_this_machine():
            return configured_index(configuration, refresh=refresh)
    return current_index(root, source, refresh=refresh)


def print_entries(index: ModuleIndex, entries: Iterable[ModuleEntry], as_json: bool) -> None:
    """Print entries, a line per tool, and where they were read."""
    if as_json:
        print_json({"origin": origin_json(index.origin), "modules": [entry_json(entry) for entry in entries]})
        return
    from elyra_neurodesk.cli.render import console

    out = console()
    out.print(_tools_table(entries))
    out.print(f"\n{index.origin.text}", markup=False)


def similar(resolution: Resolution) -> str | None:
    """Return a hint with the names that the user may have meant."""
    return f"Similar: {', '.join(resolution.near)}." if resolution.near else None


def origin_json(origin: Origin) -> dict[str, Any]:
    """Return what ``--json`` prints for where the index was read."""
    return {
        "kind": origin.kind,
        "place": origin.place,
        "read": origin.read.isoformat() if origin.read else None,
        "problem": origin.problem,
    }


def entry_json(entry: ModuleEntry) -> dict[str, Any]:
    """Return what ``--json`` prints for a module."""
    return {
        "module": entry.name,
        "tool": entry.tool,
        "version": entry.version,
        "container": entry.container,
        "date": entry.date,
        "categories": list(entry.categories),
        "retired": entry.retired,
    }


def _tools_table(entries: Iterable[ModuleEntry]) -> Table:
    """Return a table with one row per tool."""
    from rich.table import Table

    from elyra_neurodesk.cli.render import plain

    tools: dict[str, list[ModuleEntry]] = {}
    for entry in entries:
        tools.setdefault(entry.tool, []).append(entry)
    table = Table("tool", "versions", "categories", box=None, header_style="bold")
    for tool, found in tools.items():
        names = ", ".join(f"{entry.version} (retired)" if entry.retired else entry.version for entry in found)
        categories = sorted({category for entry in found for category in entry.categories})
        table.add_row(plain(tool), plain(names), plain(", ".join(categories)))
    return table
