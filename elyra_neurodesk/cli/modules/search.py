"""``elyra-neurodesk modules search``."""

from __future__ import annotations

from pathlib import Path

import click

from elyra_neurodesk.cli.modules.shared import (
    UnknownModule,
    index_options,
    open_index,
    print_entries,
    similar,
)
from elyra_neurodesk.cli.options import json_option


@click.command()
@click.argument("text")
@index_options
@json_option
def search(text: str, root: Path | None, source: str | None, refresh: bool, as_json: bool) -> int:
    """Find tools by a part of their name or category, or by one of their commands."""
    index = open_index(root, source, refresh)
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
        raise UnknownModule(
            f"nothing is found for {text!r} {index.origin.text}.", similar(index.resolve(text))
        )
    print_entries(index, found, as_json)
    return 0
