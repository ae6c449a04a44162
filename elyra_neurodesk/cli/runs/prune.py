"""``elyra-neurodesk runs prune``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from elyra_neurodesk.cli.options import json_option, note, runtime_config_option
from elyra_neurodesk.cli.runs.confirm import delete_confirmed, deletion_options

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Age(click.ParamType):
    """A time span such as ``30d``: a whole number of minutes (m), hours (h), days (d) or weeks (w)."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the time span, or fail as click does."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([0-9]{1,5})([mhdw])", value)
        if match is None:
            self.fail(f"{value!r} is not a number with m, h, d or w, such as 30d.", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.command(short_help="Delete the runs that ended long ago.")
@click.option(
    "--older-than",
    type=Age(),
    required=True,
    metavar="AGE",
    help="Runs that ended before that: 30d, 12h, 2w.",
)
@click.option("--keep-failed", is_flag=True, help="Keep runs that failed.")
@deletion_options
@runtime_config_option
@json_option
def prune(
    older_than: timedelta,
    keep_failed: bool,
    outputs: bool,
    yes: bool,
    dry_run: bool,
    runtime_config: str | None,
    as_json: bool,
) -> int:
    """Delete the runs that ended long ago, as `runs delete` does."""
    from elyra_neurodesk.elyra_adapter.connection import connect
    from elyra_neurodesk.runs.deletion import plan_pruning

    connection = connect(runtime_config)
    until = datetime.now(UTC) - older_than
    deletions = plan_pruning(connection, until, keep_failed, outputs)
    if not deletions and not as_json:
        note(f"no run at {connection.endpoint} ended before {until:%Y-%m-%d %H:%M} UTC")
        return 0
    return delete_confirmed(connection, deletions, outputs, yes, dry_run, as_json)
