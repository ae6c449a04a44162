"""``elyra-neurodesk runs show``."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.options import json_option, kube_context_option, print_json, runtime_config_option
from elyra_neurodesk.cli.runs.open import observe_run


@click.command()
@click.argument("run")
@runtime_config_option
@kube_context_option
@json_option
def show(run: str, runtime_config: str | None, kube_context: str | None, as_json: bool) -> int:
    """Show a run and its tasks: what their records and signs of life, their pods and the backend say.

    With --json each fact has its source.
    """
    summary = observe_run(run, runtime_config, kube_context).final()
    if as_json:
        print_json(summary.to_json())
        return 0
    from elyra_neurodesk.cli.render import console
    from elyra_neurodesk.cli.run_view import run_table

    out = console()
    out.print(run_table(summary))
    out.print(f"\nrun id:   {summary.run_id}\nrun page: {summary.url}", markup=False)
    return 0
