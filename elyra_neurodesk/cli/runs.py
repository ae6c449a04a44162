"""``elyra-neurodesk runs``: the runs at any KFP API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli import records
from elyra_neurodesk.cli.options import (
    RUN_FAILED,
    json_option,
    note,
    print_json,
    runtime_config_option,
    timeout_option,
)

if TYPE_CHECKING:
    from elyra_neurodesk.runs.results import RunOutput, RunResults
    from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


@click.group(short_help="List, watch and cancel runs; get their logs and outputs.")
def runs() -> None:
    """List, watch and cancel runs; get their logs and outputs.

    RUN is a run's id, the beginning of one, or "latest".
    """


@runs.command("list")
@click.option(
    "-n",
    "--number",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many, newest first.",
)
@runtime_config_option
@json_option
def list_(number: int, runtime_config: str | None, as_json: bool) -> int:
    """List the newest runs."""
    from elyra_neurodesk.kfp_api.connection import connect
    from elyra_neurodesk.kfp_api.runs import list_runs
    from elyra_neurodesk.runs.summary import summarize

    connection = connect(runtime_config)
    found = [
        summarize(run, url=connection.config.run_url(run.run_id)) for run in list_runs(connection, number)
    ]
    if as_json:
        print_json([run.to_json(tasks=False) for run in found])
    elif not found:
        note(f"no runs at {connection.endpoint} yet")
    else:
        from elyra_neurodesk.cli.render import console, runs_table

        console().print(runs_table(found))
    return 0


@runs.command()
@click.argument("run")
@runtime_config_option
@json_option
def show(run: str, runtime_config: str | None, as_json: bool) -> int:
    """Show a run and its tasks."""
    summary = _results(run, runtime_config).full_summary()
    if as_json:
        print_json(summary.to_json())
        return 0
    from elyra_neurodesk.cli.render import console, run_table

    out = console()
    out.print(run_table(summary))
    out.print(f"\nrun id:   {summary.run_id}\nrun page: {summary.url}", markup=False)
    return 0


@runs.command()
@click.argument("run")
@runtime_config_option
@json_option
@timeout_option
def watch(run: str, runtime_config: str | None, as_json: bool, timeout: float | None) -> int:
    """Show a run until it ends; exit 0 when it succeeded, 4 when not."""
    results = _results(run, runtime_config)
    from elyra_neurodesk.cli.watch import show_until_end

    final = show_until_end(results, timeout, quiet_stdout=as_json)
    if as_json:
        print_json(final.to_json())
    return 0 if final.succeeded else RUN_FAILED


@runs.command()
@click.argument("run")
@click.argument("task", required=False)
@click.option(
    "-f", "--follow", "following", is_flag=True, help="Go on until the run, or the task, has ended."
)
@runtime_config_option
@json_option
def logs(run: str, task: str | None, following: bool, runtime_config: str | None, as_json: bool) -> int:
    """Print the log of a task, or of every task of a run.

    The logs of failed tasks are there as well.
    """
    if following and as_json:
        raise click.UsageError("--follow and --json exclude each other.")
    results = _results(run, runtime_config)
    if following:
        _follow_logs(results, task)
        return 0
    summary = results.summary()
    tasks = [results.task(summary, task)] if task else summary.tasks
    found = [(one, results.log(one)) for one in tasks]
    if as_json:
        print_json(
            [
                {
                    "task": one.name,
                    "state": one.state,
                    "log": None if log is None else log.decode("utf-8", "replace"),
                }
                for one, log in found
            ]
        )
        return 0
    if task and found[0][1] is None:
        from elyra_neurodesk.runs.logs import NoLogYet

        raise NoLogYet(f"there is no log of task '{task}' of run {results.run_id} ({found[0][0].state}).")
    for one, log in found:
        if not task:
            click.echo(
                f"==> {one.display_name} ({one.state}) <==" + ("" if log is not None else " no log yet")
            )
        _write(log or b"")
    return 0


@runs.command()
@click.argument("run")
@click.option(
    "--download",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="Fetch everything into DIRECTORY/TASK/...; what is there already and right is skipped.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there and differ.")
@runtime_config_option
@json_option
def outputs(
    run: str, directory: Path | None, overwrite: bool, runtime_config: str | None, as_json: bool
) -> int:
    """List what the tasks of a run have uploaded, or download it."""
    if overwrite and directory is None:
        raise click.UsageError("--overwrite is about --download: give --download DIRECTORY as well.")
    results = _results(run, runtime_config)
    found = results.outputs()
    if directory is not None:
        _download(results, found, directory, overwrite, as_json)
    elif as_json:
        print_json([output.to_json() for output in found])
    elif not found:
        note(f"run {results.run_id} has no outputs yet")
    else:
        from elyra_neurodesk.cli.render import console, outputs_table

        console().print(outputs_table(found))
    return 0


@runs.command()
@click.argument("run")
@runtime_config_option
def cancel(run: str, runtime_config: str | None) -> int:
    """End a run that is going on."""
    from elyra_neurodesk.kfp_api.connection import connect
    from elyra_neurodesk.kfp_api.runs import cancel_run, find_run

    connection = connect(runtime_config)
    found = find_run(connection, run)
    cancel_run(connection, found)
    click.echo(f"run {found.run_id} is being cancelled")
    return 0


runs.add_command(records.record)
runs.add_command(records.compare)


def _results(run: str, runtime_config: str | None) -> RunResults:
    from elyra_neurodesk.kfp_api.connection import connect
    from elyra_neurodesk.runs.results import RunResults

    return RunResults.of(connect(runtime_config), run)


def _follow_logs(results: RunResults, wanted: str | None) -> None:
    from itertools import takewhile

    from elyra_neurodesk.runs.logs import tail
    from elyra_neurodesk.runs.poll import poll

    def select(summary: RunSummary) -> tuple[TaskSummary, ...]:
        return (results.task(summary, wanted),) if wanted else summary.tasks

    ended = False

    def going_on(summary: RunSummary) -> bool:
        """Let one more snapshot through after the task has ended: the one that reads its final log."""
        nonlocal ended
        before, ended = ended, bool(wanted) and all(task.ended for task in select(summary))
        return not before

    last = ""
    snapshots = poll(results.summary, on_unreachable=lambda problem: note(str(problem)))
    for task, new in tail(takewhile(going_on, snapshots), select, results.log):
        if not wanted and task.name != last:
            click.echo(f"==> {task.display_name} <==")
            last = task.name
        _write(new)


def _download(
    results: RunResults, found: list[RunOutput], directory: Path, overwrite: bool, as_json: bool
) -> None:
    from elyra_neurodesk.cli.render import download_progress
    from elyra_neurodesk.runs.downloads import download

    with download_progress() as progress:
        bar = progress.add_task("", total=sum(output.size for output in found))
        done = download(
            results.reader, found, directory, overwrite, lambda count: progress.advance(bar, count)
        )
    if as_json:
        root = directory.resolve()
        print_json([{**output.to_json(), "file": str(root / output.task / output.path)} for output in found])
        return
    click.echo(f"{len(done.written)} files written to {directory}, {len(done.skipped)} were there already")


def _write(text: bytes) -> None:
    """Write a log as it is, ending its last line."""
    click.get_binary_stream("stdout").write(text if not text or text.endswith(b"\n") else text + b"\n")
    click.get_binary_stream("stdout").flush()
