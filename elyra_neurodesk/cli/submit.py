"""``elyra-neurodesk submit``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from elyra_neurodesk.cli.options import (
    RUN_FAILED,
    json_option,
    note,
    print_json,
    runtime_config_option,
    timeout_option,
)


@click.command(short_help="Submit a pipeline from the editor's file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.pipeline")
@runtime_config_option
@click.option("--watch", is_flag=True, help="Watch the run until it ends; exit 4 if it did not succeed.")
@json_option
@timeout_option
def submit(file: Path, runtime_config: str | None, watch: bool, as_json: bool, timeout: float | None) -> int:
    """Submit FILE.pipeline, as JupyterLab's pipeline editor saved it.

    Prints the run's id and the address of its page.
    """
    if timeout is not None and not watch:
        raise click.UsageError("--timeout needs --watch.")
    from elyra_neurodesk.elyra_adapter.pipeline_file import submit_file
    from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration

    name = chosen_runtime_configuration(runtime_config).name
    with nullcontext() if as_json else _upload_bar():
        submission = submit_file(file, name)
    content: dict[str, Any] = dataclasses.asdict(submission)
    if not as_json:
        click.echo(f"submitted: {submission.run_name}")
        click.echo(f"run id:    {submission.run_id}")
        click.echo(f"run page:  {submission.run_url}")
    status = 0
    if watch:
        status = _watch(submission.run_id, name, content, as_json, timeout)
    if as_json:
        print_json(content)
    return status


@contextmanager
def _upload_bar() -> Iterator[None]:
    """Show the progress of uploads on a terminal."""
    from elyra_neurodesk.cli.render import console
    from elyra_neurodesk.storage.progress import listening

    target = console(stderr=True)
    if not target.is_terminal:
        yield
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("[progress.description]{task.description}"), BarColumn(), DownloadColumn())
    # Elyra's standard output is caught elsewhere: this leaves the streams as they are
    with Progress(
        *columns, console=target, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task("uploading", visible=False, total=None)
        with listening(lambda done, total: bar.update(task, completed=done, total=total, visible=True)):
            yield


def _watch(
    run_id: str, runtime_config: str, content: dict[str, Any], as_json: bool, timeout: float | None
) -> int:
    """Show the run, add how it ended to ``content``, and return the exit status."""
    from elyra_neurodesk.cli.run_view import show_until_end
    from elyra_neurodesk.elyra_adapter.connection import connect
    from elyra_neurodesk.runs.results import RunResults

    try:
        final = show_until_end(RunResults.of(connect(runtime_config), run_id), timeout, quiet_stdout=as_json)
    except BaseException:
        if as_json:  # the run was started: its id must not be lost
            print_json(content)
        raise
    content["run"] = final.to_json()
    if not final.succeeded:
        note(f"run {run_id} ended {final.state}; `elyra-neurodesk runs logs {run_id}` shows why")
    return 0 if final.succeeded else RUN_FAILED
