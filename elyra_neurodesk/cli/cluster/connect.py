"""``elyra-neurodesk cluster connect``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import json_option, note, print_json, runtime_config_option

if TYPE_CHECKING:
    from elyra_neurodesk.port_forward.state import ForwardHome
    from elyra_neurodesk.settings import RuntimeConfiguration


@click.command(short_help="Forward ports of this machine to Kubeflow Pipelines and the object store.")
@runtime_config_option
@click.option(
    "--kube-context",
    metavar="NAME",
    help="Context of the kubeconfig. Default: the runtime configuration's, else the current one.",
)
@click.option("--background", is_flag=True, help="Forward in the background and return when all is ready.")
@click.option(
    "--idle",
    type=click.FloatRange(min=1),
    default=1800,
    show_default=True,
    metavar="SECONDS",
    help="With --background: end after this time without a connection.",
)
@click.option("--stop", is_flag=True, help="End the process that forwards, in the background or elsewhere.")
@click.option("--status", is_flag=True, help="Show what is forwarded; exit 1 if nothing is, or not all.")
@json_option
def connect(
    runtime_config: str | None,
    kube_context: str | None,
    background: bool,
    idle: float,
    stop: bool,
    status: bool,
    as_json: bool,
) -> int:
    """Forward the ports of this machine that a runtime configuration names to the cluster's services.

    These are KFP's API, its user interface and the object store, where their addresses are on the loopback
    interface. A line says what each leads to, and each change: when a pod goes away, the next one takes its
    place. Ctrl-C ends it.

    Without --runtime-config, --stop and --status are about all runtime configurations.
    """
    if stop + status + background > 1:
        raise click.UsageError("--background, --stop and --status exclude each other.")
    if as_json and not status:
        raise click.UsageError("--json needs --status.")
    if stop:
        return _stop(runtime_config)
    if status:
        return _show(runtime_config, as_json)
    from elyra_neurodesk.cluster.connection import current_context
    from elyra_neurodesk.port_forward.targets import targets

    configuration = _configuration(runtime_config)
    context = kube_context or configuration.kube_context or current_context()
    if background:
        from elyra_neurodesk.port_forward.background import start

        for one in start(configuration, context, note, idle).statuses:
            click.echo(str(one))
        return 0
    from elyra_neurodesk.port_forward.program import forward
    from elyra_neurodesk.port_forward.state import forward_home

    forward(forward_home(configuration.name), context, targets(configuration), click.echo)
    return 0


def _configuration(name: str | None) -> RuntimeConfiguration:
    """Return the configuration called ``name``, else the only one of a cluster."""
    from elyra_neurodesk.elyra_adapter.runtime_configurations import (
        chosen_runtime_configuration,
        runtime_configurations,
    )

    of_clusters = [one for one in runtime_configurations() if one.kube_context]
    if name is None and len(of_clusters) == 1:
        return of_clusters[0]
    return chosen_runtime_configuration(name)


def _homes(name: str | None) -> list[ForwardHome]:
    from elyra_neurodesk.port_forward.state import forward_homes

    return [home for home in forward_homes() if name in (None, home.name)]


def _stop(name: str | None) -> int:
    from elyra_neurodesk.port_forward.background import stop

    stopped = [home.name for home in _homes(name) if stop(home)]
    for one in stopped:
        click.echo(f"ended: {one}")
    if not stopped:
        click.echo("Nothing is forwarded.")
    return 0


def _show(name: str | None, as_json: bool) -> int:
    found = {home.name: state for home in _homes(name) if (state := home.state())}
    if as_json:
        print_json(
            {
                one: {
                    "pid": state.process.pid,
                    "kube_context": state.context,
                    "idle_seconds": state.idle_seconds,
                    "ports": [
                        {
                            "port": status.target.port,
                            "namespace": status.target.namespace,
                            "service": status.target.service,
                            "service_port": status.target.service_port,
                            "state": status.state,
                            "detail": status.detail,
                        }
                        for status in state.statuses
                    ],
                }
                for one, state in found.items()
            }
        )
    else:
        for one, state in found.items():
            click.echo(f"{one} (context {state.context}, process {state.process.pid}):")
            for status in state.statuses:
                click.echo(f"  {status}")
        if not found:
            click.echo("Nothing is forwarded.")
    return 0 if found and all(state.ready for state in found.values()) else 1
