"""``elyra-neurodesk local up``."""

from __future__ import annotations

from pathlib import Path

import click

from elyra_neurodesk.cli.local.options import home_option


@click.command("up")
@home_option
@click.option("--port", type=int, help="Port of the API; 8898, or the next free one.")
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
@click.option(
    "--warm/--no-warm",
    default=None,
    help="Fork tasks from a process that has imported their libraries, or start each as a new process; the "
    "default is to fork, and a choice is remembered.",
)
@click.option(
    "--new-database",
    is_flag=True,
    help="Put a damaged database aside and make a new one, with the runs whose directories are there.",
)
@click.option("--no-register", is_flag=True, help="Do not write Elyra's runtime configuration.")
def up(
    home: Path | None,
    port: int | None,
    claims: tuple[str, ...],
    parallelism: int | None,
    cpus: float | None,
    memory: str | None,
    warm: bool | None,
    new_database: bool,
    no_register: bool,
) -> None:
    """Start the backend, and register it as the runtime configuration "Neurodesk (this machine)"."""
    from elyra_neurodesk.backend import lifecycle
    from elyra_neurodesk.backend.access_token import read_token
    from elyra_neurodesk.backend.config import CVMFS_CLAIM, load_config
    from elyra_neurodesk.backend.home import find_home
    from elyra_neurodesk.elyra_adapter.registration import DISPLAY_NAME, INSTANCE, register
    from elyra_neurodesk.modules.repository import directory_problems, find_repository

    found = find_home(home)
    options = lifecycle.Options(port, claims, parallelism, cpus, memory, warm, new_database)
    state = lifecycle.up(found, options, click.echo, None if no_register else register)
    directories = load_config(found).claims
    problems = directory_problems(directories.values())
    for name, directory in directories.items():
        problem = f"  ({problems[directory]})" if problems[directory] else ""
        click.echo(f"PVC {name} is {directory}{problem}")
    if CVMFS_CLAIM in directories:
        click.echo(f"Neurodesk's modules: {find_repository(Path(directories[CVMFS_CLAIM])).text}")
    if not no_register:
        click.echo(f"In JupyterLab choose the runtime configuration: {DISPLAY_NAME}")
        click.echo(f"Or type: elyra-neurodesk submit FILE.pipeline --runtime-config {INSTANCE} --watch")
    click.echo(f"Runs are shown at {lifecycle.runs_page(state, read_token(found.token))}")
