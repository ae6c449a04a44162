"""Saying what deleting runs removes, and asking before it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from elyra_neurodesk.cli.options import print_json
from elyra_neurodesk.errors import NeurodeskError

if TYPE_CHECKING:
    from elyra_neurodesk.kfp_api.connection import Connection
    from elyra_neurodesk.runs.deletion import Deletion

F = TypeVar("F", bound=Callable[..., Any])
_MAX_LISTED = 20


class NotConfirmed(NeurodeskError):
    """Runs are deleted only after a question, which needs a terminal, or with --yes."""

    code = "ND-RUNS-011"
    hint = "Nothing was deleted. Add --yes to delete without a question, --dry-run to see what would go."


def deletion_options(command: F) -> F:
    """Add ``--outputs``, ``--yes`` and ``--dry-run``."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Only say what would be deleted."),
        click.option("--yes", is_flag=True, help="Delete without asking."),
        click.option("--outputs", is_flag=True, help="Delete the runs' objects in the object store, too."),
    ):
        command = option(command)
    return command


def delete_confirmed(
    connection: Connection,
    deletions: Sequence[Deletion],
    outputs: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Say what goes, ask, delete, and return the exit status: 1 when the answer is no.

    Raises:
        NotConfirmed: there is nobody to ask, and no ``--yes``.
        NeurodeskError: see `runs.deletion.delete`.
    """
    from elyra_neurodesk.runs.deletion import delete

    if not as_json:
        for deletion in deletions[:_MAX_LISTED]:
            click.echo(_line(deletion, outputs))
        if len(deletions) > _MAX_LISTED:
            click.echo(f"… and {len(deletions) - _MAX_LISTED} more")
    if not dry_run and deletions and not yes:
        if as_json or not sys.stdin.isatty():
            raise NotConfirmed(f"{_counted(deletions)} would be deleted, and there is no terminal to ask at.")
        if not click.confirm(f"Delete {_total(deletions, outputs)}?", err=True):
            click.echo("Nothing was deleted.", err=True)
            return 1
    if not dry_run:
        for deletion in delete(connection, deletions):
            if not as_json:
                click.echo(f"deleted {deletion.summary.run_id}")
    if as_json:
        print_json([deletion.to_json() for deletion in deletions])
    else:
        click.echo(f"{'would delete' if dry_run else 'deleted'}: {_total(deletions, outputs)}")
    return 0


def _line(deletion: Deletion, outputs: bool) -> str:
    from elyra_neurodesk.cli.render import plain
    from elyra_neurodesk.formatting import format_bytes, format_time

    run = deletion.summary
    what = "objects stay"
    if outputs and deletion.storage is None:
        what = "its pipeline does not say where its objects are: they stay"
    elif outputs:
        what = f"{len(deletion.objects)} objects, {format_bytes(deletion.size)}"
    return f"{run.run_id}  {plain(run.name)}  {run.state}  {format_time(run.created)}  {what}"


def _counted(deletions: Sequence[Deletion]) -> str:
    return f"{len(deletions)} run{'' if len(deletions) == 1 else 's'}"


def _total(deletions: Sequence[Deletion], outputs: bool) -> str:
    from elyra_neurodesk.formatting import format_bytes

    if not outputs:
        return f"{_counted(deletions)}; objects in the object store stay"
    count, size = sum(len(one.objects) for one in deletions), sum(one.size for one in deletions)
    return f"{_counted(deletions)} with {count} object{'' if count == 1 else 's'} ({format_bytes(size)})"
