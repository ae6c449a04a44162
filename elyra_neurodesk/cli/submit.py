"""``elyra-neurodesk submit``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elyra_neurodesk.cli.notebooks import (
    FILES,
    notebook_options,
    only_pipeline,
    parameter_option,
    read_notebooks,
)
from elyra_neurodesk.cli.options import (
    RUN_FAILED,
    json_option,
    kube_context_option,
    no_start_option,
    note,
    print_json,
    runtime_config_option,
    timeout_option,
)
from elyra_neurodesk.errors import one_line

if TYPE_CHECKING:
    from elyra_neurodesk.cli.preview import Preview
    from elyra_neurodesk.settings import RuntimeConfiguration


@click.command(short_help="Submit notebooks, scripts, or a pipeline of the editor.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar=FILES)
@runtime_config_option
@parameter_option
@notebook_options()
@click.option("--dry-run", is_flag=True, help="Print what would run; upload and start nothing.")
@no_start_option
@click.option("--watch", is_flag=True, help="Watch the run until it ends; exit 4 if it did not succeed.")
@kube_context_option
@json_option
@timeout_option
def submit(
    files: tuple[Path, ...],
    runtime_config: str | None,
    no_start: bool,
    parameters: dict[str, str],
    dry_run: bool,
    watch: bool,
    kube_context: str | None,
    as_json: bool,
    timeout: float | None,
    **given: Any,
) -> int:
    """Submit notebooks (.ipynb) and scripts (.py, .R), which run in the order given, or one FILE.pipeline.

    Each notebook or script sees the outputs of those before it. A pipeline file, as JupyterLab's pipeline
    editor saved it, says itself what its nodes need: only -p goes with it.

    Prints the run's id and the address of its page. Starts the embedded backend when the runtime
    configuration is this machine's and it is down.
    """
    from elyra_neurodesk.cli.pipelines import preview_pipeline, submit_pipeline
    from elyra_neurodesk.elyra_adapter.pipeline_file import read_for_submission

    if timeout is not None and not watch:
        raise click.UsageError("--timeout needs --watch.")
    if kube_context and not watch:
        raise click.UsageError("--kube-context needs --watch.")
    if dry_run and watch:
        raise click.UsageError("--dry-run starts nothing that --watch could watch.")
    path = only_pipeline(files, given)
    settings = _configuration(runtime_config, start=not no_start, dry_run=dry_run)
    if path is None:
        settings.require_neurodesk()
        settings.validate()
        notebooks = read_notebooks(files, parameters, given, settings)
        pipeline, root = notebooks.pipeline, notebooks.root
    else:
        pipeline, root = read_for_submission(path, settings, parameters), path.resolve().parent
    if dry_run:
        return _print_preview(preview_pipeline(pipeline, root, settings), as_json)
    with nullcontext() if as_json else _upload_bar():
        submission = submit_pipeline(pipeline, root, settings)
    content: dict[str, Any] = dataclasses.asdict(submission)
    if not as_json:
        click.echo(f"submitted: {one_line(submission.run_name)}")
        click.echo(f"run id:    {submission.run_id}")
        click.echo(f"run page:  {submission.run_url}")
    status = 0
    if watch:
        status = _watch(submission.run_id, settings.name, kube_context, content, as_json, timeout)
    if as_json:
        print_json(content)
    return status


def _configuration(name: str | None, start: bool, dry_run: bool) -> RuntimeConfiguration:
    from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration
    from elyra_neurodesk.elyra_adapter.this_machine import configuration_to_submit_with

    if dry_run:
        return chosen_runtime_configuration(name)
    return configuration_to_submit_with(name, start, note)


def _print_preview(preview: Preview, as_json: bool) -> int:
    from elyra_neurodesk.cli.preview import render
    from elyra_neurodesk.cli.render import console

    content = preview.to_json()
    if as_json:
        print_json(content)
    else:
        console().print(render(content))
    return 0


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
    run_id: str,
    runtime_config: str,
    kube_context: str | None,
    content: dict[str, Any],
    as_json: bool,
    timeout: float | None,
) -> int:
    """Show the run, add how it ended to ``content``, and return the exit status."""
    from elyra_neurodesk.cli.run_view import show_until_end
    from elyra_neurodesk.cli.runs.open import observe_run

    try:
        observer = observe_run(run_id, runtime_config, kube_context)
        final = show_until_end(observer, timeout, quiet_stdout=as_json)
    except BaseException:
        if as_json:  # the run was started: its id must not be lost
            print_json(content)
        raise
    content["run"] = final.to_json()
    if not final.succeeded:
        note(f"run {run_id} ended {final.state}; `elyra-neurodesk runs logs {run_id}` shows why")
    return 0 if final.succeeded else RUN_FAILED
