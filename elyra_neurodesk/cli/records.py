"""``elyra-neurodesk runs record`` and ``runs compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import json_option, note, print_json, runtime_config_option
from elyra_neurodesk.errors import NeurodeskError

if TYPE_CHECKING:
    from elyra_neurodesk.kfp_api.connection import Connection
    from elyra_neurodesk.runs.stored_records import StoredRecord

DIFFERENT = 3
"""Exit status when two runs differ; 1 would be that of an error."""


class FileThere(NeurodeskError):
    """The file that the record should be written to is there already."""

    code = "ND-RECORD-001"
    hint = "Choose another name, or add --overwrite."


class FileNotWritten(NeurodeskError):
    """The record cannot be written to the file."""

    code = "ND-RECORD-002"
    hint = "Check the directory, its permissions and its free space."


@click.command(short_help="Show what a run did: tasks, tools, data, findings.")
@click.argument("run")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the record (JSON) to FILE instead.",
)
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@runtime_config_option
@json_option
def record(run: str, output: Path | None, overwrite: bool, runtime_config: str | None, as_json: bool) -> int:
    """Show what a run did: tasks, tools as they really were, data, findings.

    The record is kept beside the run's outputs as run-record.json; docs/record.md explains it.
    """
    if overwrite and output is None:
        raise click.UsageError("--overwrite is about --output: give --output FILE as well.")
    if output is not None and output.exists() and not overwrite:
        raise FileThere(f"{output} is there already.")
    from elyra_neurodesk.kfp_api.connection import connect

    found = _record(connect(runtime_config), run)
    if output is not None:
        _write(found, output)
        click.echo(str(output))
    elif as_json:
        from elyra_neurodesk.record.codec import to_json

        print_json(to_json(found.record))
    else:
        from elyra_neurodesk.cli.record_render import show_record
        from elyra_neurodesk.cli.render import console

        out = console()
        out.print(show_record(found.record))
        if found.key:
            out.print(f"\nrecord: {found.key}", markup=False)
    if found.note:
        note(found.note)
    return 0


@click.command(short_help="Tell what differed between two runs.")
@click.argument("run_a", metavar="A")
@click.argument("run_b", metavar="B")
@runtime_config_option
@json_option
def compare(run_a: str, run_b: str, runtime_config: str | None, as_json: bool) -> int:
    """Tell what differed between the runs A and B: parameters, code, data, tools, environment, results.

    Exit 0 when nothing differed, 3 when something did.
    """
    from elyra_neurodesk.kfp_api.connection import connect
    from elyra_neurodesk.runs.compare import compare as compare_records

    connection = connect(runtime_config)
    found = compare_records(_record(connection, run_a).record, _record(connection, run_b).record)
    if as_json:
        print_json(found.to_json())
    else:
        from elyra_neurodesk.cli.compare_render import show_comparison
        from elyra_neurodesk.cli.render import console

        console().print(show_comparison(found))
    return 0 if found.same else DIFFERENT


def _record(connection: Connection, run: str) -> StoredRecord:
    from elyra_neurodesk.runs.results import RunResults
    from elyra_neurodesk.runs.stored_records import record_of

    return record_of(RunResults.of(connection, run))


def _write(found: StoredRecord, output: Path) -> None:
    from elyra_neurodesk.record.codec import to_bytes

    try:
        output.write_bytes(to_bytes(found.record))
    except OSError as problem:
        raise FileNotWritten(f"{output} cannot be written: {problem.strerror or problem}.") from problem
