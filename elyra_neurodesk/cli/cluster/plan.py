"""``elyra-neurodesk cluster plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.cluster.options import (
    CHANGES,
    describe,
    print_changes,
    set_up_options,
    with_given_keys,
)
from elyra_neurodesk.cli.options import json_option, print_json

if TYPE_CHECKING:
    from elyra_neurodesk.cluster.setup import SetUp


@click.command(short_help="Show what applying would create and change, and why.")
@set_up_options
@json_option
def plan(set_up: SetUp, kube_context: str, as_json: bool) -> int:
    """Show what the cluster has, and what applying would create and change; nothing is changed.

    The exit status is 0 when there is nothing to do, and 2 when there is.
    """
    from elyra_neurodesk.cluster import changes
    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.connection import connect
    from elyra_neurodesk.cluster.facts import gather
    from elyra_neurodesk.cluster.setup import advice, planned_objects

    api = Api(connect(kube_context))
    facts = gather(api, set_up.namespace, kube_context, set_up.kfp_namespace)
    set_up = with_given_keys(api, set_up, ask=False)
    found = changes.plan(api, planned_objects(set_up, facts))
    todo = [one for one in found if one.action != "unchanged"]
    if as_json:
        print_json(
            {
                "changes": [
                    {
                        "object": str(one.which),
                        "action": one.action,
                        "why": one.planned.why,
                        "diff": one.diff,
                        "conflict": one.conflict,
                    }
                    for one in found
                ],
                "advice": advice(set_up, facts),
            }
        )
    else:
        describe(facts, set_up)
        print_changes(found, advice(set_up, facts))
        click.echo(f"{len(todo)} to change." if todo else "Nothing to do.")
    return CHANGES if todo else 0
