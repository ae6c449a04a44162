"""``elyra-neurodesk modules``: which Neurodesk modules there are, and what a name resolves to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from elyra_neurodesk.cli.options import json_option, print_json
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
        "public list once with --refresh."
    )


class UnknownCategory(NeurodeskError):
    """No module is in this category."""

    code = "ND-MODULE-006"


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
            "[default: NEURODESK_APPS_JSON, else the public list as last fetched].",
        ),
        click.option(
            "--root",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIRECTORY",
            help="The repository [default: NEURODESK_CVMFS_ROOT, else /cvmfs/neurodesk.ardc.edu.au].",
        ),
    ):
        command = option(command)
    return command


@click.group(short_help="List and search Neurodesk modules; show what a name resolves to.")
def modules() -> None:
    """List and search Neurodesk modules; show what a name resolves to.

    The mounted repository is read; without one, neurocommand's list of tools.
    """


@modules.command("list")
@click.option("--category", metavar="NAME", help="Only one category, such as structural_imaging.")
@index_options
@json_option
def list_(category: str | None, root: Path | None, source: str | None, refresh: bool, as_json: bool) -> int:
    """List all modules, a line per tool."""
    index = _index(root, source, refresh)
    found = index.entries
    if category:
        wanted = category.strip().replace(" ", "_").lower()
        found = tuple(entry for entry in found if wanted in map(str.lower, entry.categories))
        if not found:
            there = sorted({name for entry in index.entries for name in entry.categories})
            raise UnknownCategory(
                f"no module is in the category {category!r}.", f"There are: {', '.join(there)}."
            )
    _print(index, found, as_json)
    return 0


@modules.command()
@click.argument("text")
@index_options
@json_option
def search(text: str, root: Path | None, source: str | None, refresh: bool, as_json: bool) -> int:
    """Find tools by a part of their name or category, or by one of their commands."""
    index = _index(root, source, refresh)
    wanted = text.strip().lower()
    spaced = wanted.replace(" ", "_")
    offering = set(index.providers(text.strip()))
    found = [
        entry
        for entry in index.entries
        if wanted in entry.tool.lower()
        or any(spaced in category.lower() for category in entry.categories)
        or entry.tool in offering
    ]
    if not found:
        raise UnknownModule(f"nothing is found for {text!r} {index.origin.text}.", _near(index.resolve(text)))
    _print(index, found, as_json)
    return 0


@modules.command()
@click.argument("tool")
@index_options
@json_option
def show(tool: str, root: Path | None, source: str | None, refresh: bool, as_json: bool) -> int:
    """Show a tool's versions, or what TOOL/VERSION resolves to, and the container behind each."""
    index = _index(root, source, refresh)
    resolution = index.resolve(tool)
    entry = resolution.entry
    if entry is None:
        raise UnknownModule(f"the module {tool!r} is not known {index.origin.text}.", _near(resolution))
    entries = index.versions(entry.tool) if "/" not in tool.rstrip("/") else (entry,)
    commands = index.commands(entry)
    if as_json:
        print_json(
            {
                "origin": _origin(index.origin),
                "requested": tool,
                "status": resolution.status,
                "module": entry.name,
                "near": list(resolution.near),
                "modules": [_entry(one) for one in entries],
                "commands": None if commands is None else sorted(commands),
            }
        )
        return 0
    from elyra_neurodesk.cli.render import console

    out = console()
    out.print(_versions_table(entries, entry))
    out.print(f"\n{_resolved(resolution)}", markup=False)
    if entry.categories:
        out.print(f"categories: {', '.join(entry.categories)}", markup=False)
    if commands:
        out.print(f"commands of {entry.name}: {' '.join(sorted(commands))}", markup=False)
    out.print(index.origin.text, markup=False)
    return 0


def _index(root: Path | None, source: str | None, refresh: bool) -> ModuleIndex:
    from elyra_neurodesk.cli.render import busy
    from elyra_neurodesk.modules.sources import current_index

    with busy("reading the list of modules"):  # a mount that was never read takes a minute
        index = current_index(root, source, refresh=refresh)
    if index.origin.kind == "none":
        tail = f": {index.origin.problem}" if index.origin.problem else ""
        raise NoModuleIndex(f"it is not known which modules there are{tail}.")
    return index


def _print(index: ModuleIndex, entries: Iterable[ModuleEntry], as_json: bool) -> None:
    if as_json:
        print_json({"origin": _origin(index.origin), "modules": [_entry(entry) for entry in entries]})
        return
    from elyra_neurodesk.cli.render import console

    out = console()
    out.print(_tools_table(entries))
    out.print(f"\n{index.origin.text}", markup=False)


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


def _versions_table(entries: Iterable[ModuleEntry], chosen: ModuleEntry) -> Table:
    """Return a table with one row per module, the one that the request resolves to marked."""
    from rich.table import Table

    from elyra_neurodesk.cli.render import plain

    table = Table("", "module", "container", "built", "state", box=None, header_style="bold")
    for entry in entries:
        table.add_row(
            ">" if entry == chosen else "",
            plain(entry.name),
            plain(entry.container),
            plain(entry.date),
            "retired" if entry.retired else "",
            style="dim" if entry.retired else "",
        )
    return table


def _resolved(resolution: Resolution) -> str:
    entry = resolution.entry
    name = entry.name if entry else ""
    near = f"; use {', '.join(resolution.near)}" if resolution.near else ""
    texts = {
        "exact": f"{resolution.requested} is there as written",
        "other": f"{resolution.requested} is not there as written; it resolves to {name}",
        "default": f"{resolution.requested} without a version resolves to {name}",
        "retired": f"{resolution.requested} resolves to {name}, which is retired and does not run{near}",
    }
    return texts.get(resolution.status, "")


def _near(resolution: Resolution) -> str | None:
    return f"Similar: {', '.join(resolution.near)}." if resolution.near else None


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "kind": origin.kind,
        "place": origin.place,
        "read": origin.read.isoformat() if origin.read else None,
        "problem": origin.problem,
    }


def _entry(entry: ModuleEntry) -> dict[str, Any]:
    return {
        "module": entry.name,
        "tool": entry.tool,
        "version": entry.version,
        "container": entry.container,
        "date": entry.date,
        "categories": list(entry.categories),
        "retired": entry.retired,
    }
