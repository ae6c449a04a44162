"""``elyra-neurodesk runs outputs``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import json_option, note, print_json, runtime_config_option
from elyra_neurodesk.cli.runs.open import open_run

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table

    from elyra_neurodesk.runs.results import RunOutput, RunResults


@click.command()
@click.argument("run")
@click.option(
    "--download",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="Download everything into DIRECTORY/TASK/...; identical files are skipped.",
)
@click.option("--overwrite", is_flag=True, help="Replace existing files that differ.")
@runtime_config_option
@json_option
def outputs(
    run: str, directory: Path | None, overwrite: bool, runtime_config: str | None, as_json: bool
) -> int:
    """List or download the files that a run uploaded.

    Files that a node wrote and does not declare as outputs are listed apart, and downloaded to
    DIRECTORY/TASK/undeclared/. The log and the executed notebook of a task that has not recorded its end are
    marked with the time at which the task stored them.
    """
    if overwrite and directory is None:
        raise click.UsageError("--overwrite needs --download DIRECTORY.")
    results = open_run(run, runtime_config)
    stored = results.outputs()
    found = list(stored.found)
    if directory is not None:
        _download(results, found, directory, overwrite, as_json)
    elif as_json:
        print_json([output.to_json() for output in found])
    elif not found:
        note(f"run {results.run_id} has no outputs yet")
    else:
        from elyra_neurodesk.cli.render import console

        declared = [output for output in found if not output.undeclared]
        console().print(_outputs_table(declared))
        if len(declared) < len(found):
            console().print("\nundeclared: kept, but no other task gets them", style="bold")
            console().print(_outputs_table([output for output in found if output.undeclared]))
    _note_catalog_nodes(results)
    stored.require_all()
    return 0


def _download(
    results: RunResults, found: list[RunOutput], directory: Path, overwrite: bool, as_json: bool
) -> None:
    from elyra_neurodesk.runs.downloads import download

    with _download_progress() as progress:
        bar = progress.add_task("", total=sum(output.size for output in found))
        done = download(
            results.storage, found, directory, overwrite, lambda count: progress.advance(bar, count)
        )
    if as_json:
        root = directory.resolve()
        print_json([{**output.to_json(), "file": str(root / output.task / output.path)} for output in found])
        return
    click.echo(f"{len(done.written)} files written to {directory}, {len(done.skipped)} existed already")


def _note_catalog_nodes(results: RunResults) -> None:
    """Say where the outputs of nodes of a component catalog are, which are KFP's."""
    from elyra_neurodesk.settings import KFP_BUCKET

    names = [task.name for task in results.tasks if task.spec is None]
    if not names or results.connection.config.stores_in_directory:
        return
    place = results.artifacts_prefix("TASK")
    where = f" in bucket {KFP_BUCKET} below {place}" if place else ""
    note(f"outputs of catalog nodes ({', '.join(names)}) are artifacts of KFP{where}: see the run's page")


def _outputs_table(outputs: Sequence[RunOutput]) -> Table:
    """Return a table with one row per object."""
    from datetime import UTC

    from rich.table import Table

    from elyra_neurodesk.cli.render import plain
    from elyra_neurodesk.formatting import format_time

    so_far = any(output.as_of for output in outputs)
    table = Table("task", "path", "bytes", "sha256", *["as of"] * so_far, box=None, header_style="bold")
    table.columns[2].justify = "right"
    for output in outputs:
        last = [format_time(output.as_of, UTC)] * so_far
        table.add_row(plain(output.task), plain(output.path), f"{output.size:,}", output.sha256[:12], *last)
    return table


def _download_progress() -> Progress:
    """Return a progress bar in bytes on standard error; nothing where that is not a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from elyra_neurodesk.cli.render import console

    target = console(stderr=True)
    return Progress(
        TextColumn("downloading"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=target,
        disable=not target.is_terminal,
        transient=True,
    )
