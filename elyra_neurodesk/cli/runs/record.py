"""``elyra-neurodesk runs record``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import json_option, note, print_json, runtime_config_option
from elyra_neurodesk.cli.runs.open import open_run
from elyra_neurodesk.errors import NeurodeskError

if TYPE_CHECKING:
    from elyra_neurodesk.runs.stored_records import StoredRecord


class RecordFileExists(NeurodeskError):
    """The file that the record should be written to exists already."""

    code = "ND-RECORD-001"
    hint = "Choose another name, or add --overwrite."


class RecordFileNotWritten(NeurodeskError):
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
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@runtime_config_option
@json_option
def record(run: str, output: Path | None, overwrite: bool, runtime_config: str | None, as_json: bool) -> int:
    """Show what a run did: tasks, tools as they really were, data, findings.

    The record is kept beside the run's outputs as run-record.json; docs/record.md explains it.
    """
    if overwrite and output is None:
        raise click.UsageError("--overwrite needs --output FILE.")
    if output is not None and output.exists() and not overwrite:
        raise RecordFileExists(f"{output} exists already.")
    from elyra_neurodesk.runs.stored_records import record_of

    found = record_of(open_run(run, runtime_config))
    if output is not None:
        _write(found, output)
        click.echo(str(output))
    elif as_json:
        from elyra_neurodesk.record.codec import to_json

        print_json(to_json(found.record))
    else:
        from elyra_neurodesk.cli.record_view import show_record
        from elyra_neurodesk.cli.render import console

        out = console()
        out.print(show_record(found.record))
        if found.key:
            out.print(f"\nrecord: {found.key}", markup=False)
    if found.note:
        note(found.note)
    return 0


def _write(found: StoredRecord, output: Path) -> None:
    from elyra_neurodesk.record.codec import to_bytes

    try:
        output.write_bytes(to_bytes(found.record))
    except OSError as problem:
        raise RecordFileNotWritten(f"{output} cannot be written: {problem.strerror or problem}.") from problem
