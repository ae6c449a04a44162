"""What the commands of ``elyra-neurodesk local`` share."""

from __future__ import annotations

from pathlib import Path

import click

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory of the backend; $ELYRA_NEURODESK_HOME, else the XDG data directory.",
)
