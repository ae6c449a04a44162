"""``elyra-neurodesk runs watch``."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.options import (
    RUN_FAILED,
    json_option,
    kube_context_option,
    print_json,
    runtime_config_option,
    timeout_option,
)
from elyra_neurodesk.cli.runs.open import observe_run


@click.command()
@click.argument("run")
@runtime_config_option
@kube_context_option
@json_option
@timeout_option
def watch(
    run: str, runtime_config: str | None, kube_context: str | None, as_json: bool, timeout: float | None
) -> int:
    """Watch a run until it ends; exit 0 if it succeeded, 4 if not, 5 if --timeout is over before.

    At least once a minute it says what the run waits for.
    """
    observer = observe_run(run, runtime_config, kube_context)
    from elyra_neurodesk.cli.run_view import show_until_end

    final = show_until_end(observer, timeout, quiet_stdout=as_json)
    if as_json:
        print_json(final.to_json())
    return 0 if final.succeeded else RUN_FAILED
