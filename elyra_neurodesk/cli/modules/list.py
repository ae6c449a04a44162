"""``elyra-neurodesk modules list``."""

from __future__ import annotations

from pathlib import Path

import click

from elyra_neurodesk.cli.modules.shared import index_options, open_index, print_entries
from elyra_neurodesk.cli.options import json_option
from elyra_neurodesk.errors import NeurodeskError


class UnknownCategory(NeurodeskError):
    """No module is in this category."""

    code = "ND-MODULE-006"


@click.command("list")
@click.option("--category", metavar="NAME", help="Only one category, such as structural_imaging.")
@index_options
@json_option
def list_(category: str | None, root: Path | None, source: str | None, refresh: bool, as_json: bool) -> int:
    """List all modules, a line per tool."""
    index = open_index(root, source, refresh)
    found = index.entries
    if category:
        wanted = category.strip().replace(" ", "_").lower()
        found = tuple(entry for entry in found if wanted in map(str.lower, entry.categories))
        if not found:
            there = sorted({name for entry in index.entries for name in entry.categories})
            raise UnknownCategory(
                f"no module is in the category {category!r}.", f"There are: {', '.join(there)}."
            )
    print_entries(index, found, as_json)
    return 0
