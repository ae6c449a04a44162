"""``elyra-neurodesk config list``."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.options import json_option, print_json


@click.command("list", short_help="List the runtime configurations that can be used.")
@json_option
def list_(as_json: bool) -> int:
    """List the runtime configurations that can be used: name, type, KFP API and the name people see."""
    from rich.table import Table

    from elyra_neurodesk.cli.render import console, plain
    from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_configurations

    found = runtime_configurations()
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "display_name": one.display_name,
                    "type": one.schema_name,
                    "api_endpoint": one.api_endpoint,
                }
                for one in found
            ]
        )
        return 0
    if not found:
        click.echo("No runtime configuration. Make one with `elyra-neurodesk local up` or `config create`.")
        return 0
    table = Table("name", "type", "KFP API", "display name", box=None, header_style="bold")
    for one in found:
        table.add_row(*map(plain, (one.name, one.schema_name, one.api_endpoint, one.display_name)))
    console().print(table)
    return 0
