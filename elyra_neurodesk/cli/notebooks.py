"""Options of the commands that take notebooks and scripts beside pipeline files, and what they lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from elyra_neurodesk.notebooks.pipeline import NotebookPipeline
    from elyra_neurodesk.settings import RuntimeConfiguration

F = TypeVar("F", bound=Callable[..., Any])

FILES = "FILE..."


def _assignments(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts by name; of one name given twice, the last counts."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"'{text}' does not read NAME=VALUE.", ctx=ctx, param=param)
        values[name] = value
    return values


def _modules(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> tuple[str, ...]:
    from elyra_neurodesk.settings import module_list

    return module_list(" ".join(texts))


def notebook_options(outputs: str = "--output") -> Callable[[F], F]:
    """Return what adds the options that say of notebooks and scripts what a pipeline file says of its nodes.

    Args:
        outputs: the flag of the files to keep.
    """
    options: tuple[Callable[[F], F], ...] = (
        click.option(
            "--modules",
            multiple=True,
            callback=_modules,
            metavar="TOOL/VERSION",
            help="Neurodesk module to load before the first cell; repeat it, or separate several by commas.",
        ),
        click.option(
            outputs,
            "outputs",
            multiple=True,
            metavar="[FILE:]GLOB",
            help="File to keep and to pass on to the notebooks after it; of several notebooks, for those "
            "whose code names it, or for FILE. Repeat it for more.",
        ),
        click.option(
            "--dependency",
            "dependencies",
            multiple=True,
            metavar="GLOB",
            help="Local file to send along, relative to the notebook; a directory stands for all in it.",
        ),
        click.option(
            "--image", default="", metavar="NAME", help="Container image. Default: the newest Neurodesktop."
        ),
        click.option("--cpu", default="", metavar="CORES", help="CPUs to request, such as 2 or 500m."),
        click.option(
            "--memory", default="", metavar="GIB", help="Memory to request in GiB, or such as 512Mi."
        ),
        click.option("--gpu", type=click.IntRange(min=0), metavar="COUNT", help="GPUs to request."),
        click.option(
            "--env",
            multiple=True,
            callback=_assignments,
            metavar="NAME=VALUE",
            help="Environment variable. Its value is in the compiled pipeline: not for passwords.",
        ),
        click.option(
            "--name", default="", metavar="TEXT", help="The pipeline's name. Default: the notebook's."
        ),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def parameter_option(command: F) -> F:
    """Add ``-p NAME=VALUE``."""
    return click.option(
        "-p",
        "--parameter",
        "parameters",
        multiple=True,
        callback=_assignments,
        metavar="NAME=VALUE",
        help="Value of a parameter: of the notebook's cell tagged 'parameters', or of the pipeline; a script "
        "gets it as an environment variable.",
    )(command)


def only_pipeline(files: Sequence[Path], given: Mapping[str, Any]) -> Path | None:
    """Return the pipeline file of a command line; None where it names notebooks and scripts.

    Raises:
        click.UsageError: pipeline files are mixed with others, or options of notebooks given for one.
    """
    from elyra_neurodesk.notebooks.pipeline import is_notebook

    pipelines = [path for path in files if not is_notebook(path)]
    if not pipelines:
        return None
    if len(files) > 1:
        raise click.UsageError(
            f"'{pipelines[0]}' has to be the only file: give one pipeline, or notebooks (.ipynb) and "
            "scripts (.py, .R)."
        )
    flags = {option.name: option.opts[0] for option in click.get_current_context().command.params}
    for name, value in given.items():
        if value:
            raise click.UsageError(
                f"{flags[name]} is for notebooks and scripts; a pipeline's nodes have it in their properties."
            )
    return files[0]


def read_notebooks(
    files: Sequence[Path],
    parameters: Mapping[str, str],
    given: Mapping[str, Any],
    settings: RuntimeConfiguration,
) -> NotebookPipeline:
    """Return the pipeline of a command line's notebooks and scripts.

    Raises:
        NeurodeskError: see `notebooks.pipeline.notebook_pipeline`.
    """
    from elyra_neurodesk.notebooks.pipeline import NotebookOptions, notebook_pipeline

    return notebook_pipeline(files, NotebookOptions(parameters=parameters, **given), settings)
