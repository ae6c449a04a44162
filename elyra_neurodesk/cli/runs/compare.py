"""``elyra-neurodesk runs compare``."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.options import json_option, print_json, runtime_config_option

DIFFERENT = 3
"""Exit status when two runs differ; 1 would be that of an error."""


@click.command(short_help="Show what differs between two runs.")
@click.argument("run_a", metavar="A")
@click.argument("run_b", metavar="B")
@runtime_config_option
@json_option
def compare(run_a: str, run_b: str, runtime_config: str | None, as_json: bool) -> int:
    """Show what differs between the runs A and B: parameters, code, data, tools, environment, results.

    Exit 0 if nothing differs, 3 if something does.
    """
    from elyra_neurodesk.elyra_adapter.connection import connect
    from elyra_neurodesk.runs.compare import compare as compare_records
    from elyra_neurodesk.runs.results import RunResults
    from elyra_neurodesk.runs.stored_records import record_of

    connection = connect(runtime_config)
    a, b = (record_of(RunResults.of(connection, run)).record for run in (run_a, run_b))
    found = compare_records(a, b)
    if as_json:
        print_json(found.to_json())
    else:
        from elyra_neurodesk.cli.comparison_view import show_comparison
        from elyra_neurodesk.cli.render import console

        console().print(show_comparison(found))
    return 0 if found.same else DIFFERENT
