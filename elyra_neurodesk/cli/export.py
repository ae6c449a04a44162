"""``elyra-neurodesk export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from elyra_neurodesk.cli.notebooks import (
    FILES,
    notebook_options,
    only_pipeline,
    parameter_option,
    read_notebooks,
)
from elyra_neurodesk.cli.options import runtime_config_option


@click.command(short_help="Write a pipeline, notebooks or scripts as KFP YAML or as Python DSL.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar=FILES)
@runtime_config_option
@parameter_option
@notebook_options(outputs="--output-file")
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
    help="The file to write. When left out: FILE.yaml or FILE_dsl.py beside FILE.pipeline or the notebook.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
def export(
    files: tuple[Path, ...],
    runtime_config: str | None,
    parameters: dict[str, str],
    form: str,
    output: Path | None,
    overwrite: bool,
    **given: Any,
) -> int:
    """Write a pipeline file, or notebooks and scripts, for KFP: as a package (yaml) or as Python DSL (py).

    What the tasks need is uploaded to the object store, and nothing is started.
    """
    from elyra_neurodesk.cli.pipelines import export_pipeline
    from elyra_neurodesk.elyra_adapter.pipeline_file import read_for_submission
    from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration
    from elyra_neurodesk.notebooks.pipeline import name_of
    from elyra_neurodesk.submission import check_export_target

    path = only_pipeline(files, given)
    settings = chosen_runtime_configuration(runtime_config)
    # not FILE.py: that may well be the script of a node
    ending = "_dsl.py" if form == "py" else ".yaml"
    output = output or files[0].with_name(f"{name_of(files)}{ending}")
    if path is not None:
        pipeline, root = read_for_submission(path, settings, parameters), path.resolve().parent
        check_export_target(output.resolve(), overwrite)
    else:
        settings.require_neurodesk()
        settings.validate()
        check_export_target(output, overwrite)
        notebooks = read_notebooks(files, parameters, given, settings)
        pipeline, root = notebooks.pipeline, notebooks.root
    export_pipeline(pipeline, root, settings, form, output)
    click.echo(str(output))
    return 0
