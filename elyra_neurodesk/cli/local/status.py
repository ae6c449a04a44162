"""``elyra-neurodesk local status``."""

from __future__ import annotations

from pathlib import Path

import click

from elyra_neurodesk.cli.local.options import home_option
from elyra_neurodesk.cli.options import json_option, print_json
from elyra_neurodesk.formatting import format_bytes

_MAX_RUNS_LISTED = 5


@click.command("status")
@home_option
@json_option
def status(home: Path | None, as_json: bool) -> None:
    """Show whether the backend is up, its URLs, runs by state, claims and Neurodesk's modules."""
    from dataclasses import asdict

    from elyra_neurodesk.backend import lifecycle
    from elyra_neurodesk.backend.config import CVMFS_CLAIM
    from elyra_neurodesk.backend.disk_use import disk_use
    from elyra_neurodesk.backend.home import find_home
    from elyra_neurodesk.modules.repository import find_repository

    found = lifecycle.status(find_home(home))
    disk = disk_use(find_home(home)) if found.home.is_dir() else None
    claim = found.config.claims.get(CVMFS_CLAIM)
    neurodesk = find_repository(Path(claim)) if claim else None
    if as_json:
        content = {**found.as_json(), "neurodesk": asdict(neurodesk) if neurodesk else None}
        print_json({**content, "disk": disk.as_json()} if disk else content)
        return
    if found.up and found.state:
        click.echo(f"up      {found.state.api_url}/")
    else:
        click.echo("down    type `elyra-neurodesk local up`")
    if found.runs_page:
        click.echo(f"page    {found.runs_page}")
    if found.up and found.state and found.state.memory_limits:
        click.echo(f"limits  memory: {found.state.memory_limits}")
    click.echo(f"home    {found.home}")
    click.echo(f"store   {find_home(found.home).store}")
    counts = ", ".join(f"{number} {state.lower()}" for state, number in found.runs.items())
    click.echo(f"runs    {counts or 'none'}")
    for name, directory in found.config.claims.items():
        problem = found.problems[directory]
        click.echo(f"claim   {name} -> {directory}{f'  ({problem})' if problem else ''}")
    if neurodesk:
        click.echo(f"modules {neurodesk.text}")
    if disk is None:
        return
    click.echo(
        f"disk    store {format_bytes(disk.store)}, work directories {format_bytes(disk.work)}, "
        f"state {format_bytes(disk.state)}; {format_bytes(disk.free)} free"
    )
    for run in disk.runs[:_MAX_RUNS_LISTED]:
        click.echo(f"        {run.run_id}  {format_bytes(run.total)}")
