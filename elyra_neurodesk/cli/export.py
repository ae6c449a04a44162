"""``elyra-neurodesk export``."""

from __future__ import annotations

from pathlib import Path

import click

from elyra_neurodesk.cli.options import runtime_config_option


@click.command(short_help="Write a pipeline as KFP YAML or as Python DSL.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.pipeline")
@runtime_config_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "py"]),
    default="yaml",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="The file to write. When left out: FILE.yaml or FILE_dsl.py beside FILE.pipeline.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
def export(file: Path, runtime_config: str | None, form: str, output: Path | None, overwrite: bool) -> int:
    """Write FILE.pipeline as a package that KFP accepts (yaml) or as a program that compiles to it (py)."""
    from elyra_neurodesk.elyra_adapter.pipeline_file import export_file
    from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration

    # not FILE.py: that may well be the script of a node
    output = output or file.with_name(f"{file.stem}{'_dsl.py' if form == 'py' else '.yaml'}")
    written = export_file(file, chosen_runtime_configuration(runtime_config).name, form, output, overwrite)
    click.echo(str(written))
    return 0
