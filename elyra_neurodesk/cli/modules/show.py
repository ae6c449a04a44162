"""``elyra-neurodesk modules show``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.modules.shared import (
    UnknownModule,
    entry_json,
    index_options,
    open_index,
    origin_json,
    similar,
)
from elyra_neurodesk.cli.options import json_option, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from elyra_neurodesk.modules.index import ModuleEntry, Resolution


@click.command()
@click.argument("tool")
@index_options
@json_option
def show(tool: str, root: Path | None, source: str | None, refresh: bool, as_json: bool) -> int:
    """Show a tool's versions, or what TOOL/VERSION resolves to, and the container behind each."""
    index = open_index(root, source, refresh)
    resolution = index.resolve(tool)
    entry = resolution.entry
    if entry is None:
        raise UnknownModule(f"the module {tool!r} is not known {index.origin.text}.", similar(resolution))
    entries = index.versions(entry.tool) if "/" not in tool.rstrip("/") else (entry,)
    commands = index.commands(entry)
    if as_json:
        print_json(
            {
                "origin": origin_json(index.origin),
                "requested": tool,
                "status": resolution.status,
                "module": entry.name,
                "near": list(resolution.near),
                "modules": [entry_json(one) for one in entries],
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
