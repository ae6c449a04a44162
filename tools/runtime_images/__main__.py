"""``python -m tools.runtime_images``: refresh the runtime images from a registry."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from elyra_neurodesk.errors import NeurodeskError
from tools.runtime_images.instances import FAMILIES, images, write
from tools.runtime_images.registry import Registry


@click.command()
@click.option("--registry", required=True, help="Root of the registry, such as http://127.0.0.1:5000.")
@click.option(
    "--prefix",
    default="vnmd/",
    show_default=True,
    help="What stands before the images' names, in the registry and in the catalog.",
)
@click.option(
    "--image",
    "names",
    multiple=True,
    type=click.Choice([family.name for family in FAMILIES]),
    help="Only this one; may be given several times.",
)
@click.option(
    "--keep", default=4, show_default=True, type=click.IntRange(1), help="How many of each, newest first."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runtime-images"),
    show_default=True,
    help="Folder of the instances.",
)
def refresh(registry: str, prefix: str, names: tuple[str, ...], keep: int, output: Path) -> None:
    """Write the newest images of a registry, pinned by digest, as Elyra's runtime images.

    Files of images that are no longer among the newest are removed. A family is written as a whole or, if
    the registry fails, left as it was.
    """
    for family in FAMILIES:
        if names and family.name not in names:
            continue
        repository = Registry(registry, prefix + family.name)
        chosen = images(family, repository.tags(), repository.digest, keep, prefix)
        written, removed = write(output, family, chosen)
        for name in written:
            click.echo(f"written {output / name}")
        for name in removed:
            click.echo(f"removed {output / name}")


def main() -> None:
    """Run the command; an error is one line."""
    try:
        refresh()
    except NeurodeskError as problem:
        click.echo(str(problem), err=True)
        sys.exit(problem.exit_status)


if __name__ == "__main__":
    main()
