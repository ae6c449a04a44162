"""``elyra-neurodesk local``: the embedded backend on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from elyra_neurodesk.cli.options import json_option, print_json

_home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory of the backend; $ELYRA_NEURODESK_HOME, else the XDG data directory.",
)


@click.group()
def local() -> None:
    """Run pipelines on this machine: the embedded backend."""


@local.command("up")
@_home_option
@click.option("--port", type=int, help="Port of the API; 8898, or the next free one.")
@click.option("--store-port", type=int, help="Port of the object store; 8900, or the next free one.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="NAME=DIRECTORY",
    help="Directory to use for a PVC; may be repeated, and is remembered.",
)
@click.option(
    "--parallelism",
    type=click.IntRange(min=0),
    help="Maximum number of tasks at once; 0 for no limit of its own.",
)
@click.option("--cpus", type=click.FloatRange(min=0), help="Cores to use; 0 for all.")
@click.option("--memory", help="Memory to use, for example 8Gi; 0 for all.")
@click.option("--no-register", is_flag=True, help="Do not write Elyra's runtime configuration.")
def up(
    home: Path | None,
    port: int | None,
    store_port: int | None,
    claims: tuple[str, ...],
    parallelism: int | None,
    cpus: float | None,
    memory: str | None,
    no_register: bool,
) -> None:
    """Start the backend, and register it as the runtime configuration "Neurodesk (this machine)"."""
    from elyra_neurodesk.backend import lifecycle
    from elyra_neurodesk.backend.config import load_config
    from elyra_neurodesk.backend.home import find_home
    from elyra_neurodesk.elyra_adapter.registration import DISPLAY_NAME, INSTANCE, register

    found = find_home(home)
    options = lifecycle.Options(port, store_port, claims, parallelism, cpus, memory)
    state = lifecycle.up(found, options, click.echo, None if no_register else register)
    for name, directory in load_config(found).claims.items():
        missing = "" if Path(directory).is_dir() else "  (not found)"
        click.echo(f"PVC {name} is {directory}{missing}")
    if not no_register:
        click.echo(f"In JupyterLab choose the runtime configuration: {DISPLAY_NAME}")
        click.echo(f"Or type: elyra-neurodesk submit FILE.pipeline --runtime-config {INSTANCE} --watch")
    click.echo(f"Runs are shown at {state.api_url}/")


@local.command("down")
@_home_option
@click.option("--unregister", "remove", is_flag=True, help="Remove the runtime configuration, too.")
def down(home: Path | None, remove: bool) -> None:
    """Stop the backend; running tasks are stopped, and run again after the next `up`."""
    from elyra_neurodesk.backend import lifecycle
    from elyra_neurodesk.backend.home import find_home
    from elyra_neurodesk.elyra_adapter.registration import unregister

    lifecycle.down(find_home(home), click.echo, unregister if remove else None)


@local.command("status")
@_home_option
@json_option
def status(home: Path | None, as_json: bool) -> None:
    """Show whether the backend is up, its URLs, the runs by state, and the claims."""
    from elyra_neurodesk.backend import lifecycle
    from elyra_neurodesk.backend.home import find_home

    found = lifecycle.status(find_home(home))
    if as_json:
        print_json(found.as_json())
        return
    if found.up and found.state:
        click.echo(f"up      {found.state.api_url}/  (object store {found.state.store_url})")
    else:
        click.echo("down    type `elyra-neurodesk local up`")
    click.echo(f"home    {found.home}")
    counts = ", ".join(f"{number} {state.lower()}" for state, number in found.runs.items())
    click.echo(f"runs    {counts or 'none'}")
    for name, directory in found.config.claims.items():
        click.echo(f"claim   {name} -> {directory}{'' if Path(directory).is_dir() else '  (not found)'}")


@local.command("logs")
@click.argument("run")
@click.argument("task", required=False, default="")
@_home_option
@click.option("--follow", "-f", is_flag=True, help="Go on until the run has ended.")
def logs(run: str, task: str, home: Path | None, follow: bool) -> None:
    """Print the logs of RUN (an id or its beginning), of all tasks or of TASK."""
    from elyra_neurodesk.backend.db.catalog import NotFound
    from elyra_neurodesk.backend.db.database import Database
    from elyra_neurodesk.backend.db.state import RunStore
    from elyra_neurodesk.backend.home import find_home
    from elyra_neurodesk.backend.tasklogs import LogReader, print_logs

    found = find_home(home)
    if not found.database.exists():
        raise NotFound(f"there are no runs in {found.path}.")
    runs = RunStore(Database(found.database))
    print_logs(LogReader(runs, runs.find(run), task), follow, _write)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
