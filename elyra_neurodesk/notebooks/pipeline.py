"""From notebooks and scripts on a command line to a pipeline that runs them in that order."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.nodes import check_inputs
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.build import InvalidParameter
from elyra_neurodesk.graph.pipeline import NotebookNode, Parameter, Pipeline
from elyra_neurodesk.graph.resources import CPU, GPU, MEMORY
from elyra_neurodesk.modules.index import ModuleIndex, Origin
from elyra_neurodesk.notebooks.parameters import (
    DeclaredParameter,
    ParameterOfWrongType,
    UnknownParameter,
    declared_parameters,
    typed,
)
from elyra_neurodesk.quantities import parse_bytes, parse_cores
from elyra_neurodesk.settings import RuntimeConfiguration

SUFFIXES = (".ipynb", ".py", ".r")
MAX_NAMED = 3
"""Files whose names make up the pipeline's name; of more, the others are counted."""


class NotebookUnusable(NeurodeskError):
    """A file is not a notebook or script that can be run."""

    code = "ND-NOTEBOOK-001"
    hint = "Give notebooks (.ipynb) and scripts (.py, .R) that exist."


@dataclass(frozen=True)
class NotebookOptions:
    """What a command line says about its notebooks and scripts; it holds for all of them.

    Attributes:
        parameters: values by name, as typed.
        modules: Neurodesk modules to load before the first cell.
        outputs: ``GLOB``, or ``FILE:GLOB`` for one of the files.
        dependencies: patterns of files to take along, relative to each file's directory.
        include_subdirectories: whether these patterns match in subdirectories as well.
        image: runtime image, "" for the default one.
        cpu: CPUs as a number or Kubernetes quantity, "" for no request.
        memory: GiB as a number, or a Kubernetes quantity such as 512Mi, "" for no request.
        gpu: GPUs, None for none.
        env: environment variables.
        name: the pipeline's name, "" for one made of the files' names.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    include_subdirectories: bool = False
    image: str = ""
    cpu: str = ""
    memory: str = ""
    gpu: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class NotebookPipeline:
    """A pipeline and the directory that its files are relative to."""

    pipeline: Pipeline
    root: Path


def is_notebook(path: Path) -> bool:
    """Return whether a file's name is that of a notebook or script, not of a pipeline."""
    return path.suffix.lower() in SUFFIXES


def notebook_pipeline(
    files: Sequence[Path], options: NotebookOptions, settings: RuntimeConfiguration
) -> NotebookPipeline:
    """Return the pipeline that runs notebooks and scripts one after the other.

    Each sees the outputs of all before it. A parameter goes to every notebook that declares it, and to every
    script, as an environment variable.

    Args:
        files: one or more.
        options: what holds for all of them.
        settings: the runtime configuration.

    Raises:
        NotebookUnusable: a file does not exist or is not a notebook or script.
        NotebookUnreadable: a notebook's file is not one.
        UnknownParameter: no file takes a parameter that was given.
        ParameterOfWrongType: a value does not fit.
        InvalidParameter: a parameter has no default and was not given.
        InvalidQuantity: CPU or memory is not a quantity.
    """
    paths = tuple(_usable(path) for path in files)
    root = Path(os.path.commonpath([path.parent for path in paths]))
    declared = [declared_parameters(path) if path.suffix.lower() == ".ipynb" else None for path in paths]
    parameters = _parameters(paths, declared, options.parameters)
    requests: dict[str, object] = {CPU: _cores(options.cpu), MEMORY: _gibibytes(options.memory)}
    requests[GPU] = options.gpu
    nodes = tuple(
        NotebookNode(
            id=f"file-{number}",
            label=path.name,
            file=path.relative_to(root).as_posix(),
            parents=(f"file-{number - 1}",) if number else (),
            image=options.image,
            dependencies=options.dependencies,
            include_subdirectories=options.include_subdirectories,
            env=options.env,
            parameters=tuple(parameter.name for parameter in parameters if _takes(known, path, parameter)),
            requests={name: value for name, value in requests.items() if value},
            modules=options.modules,
        )
        for number, (path, known) in enumerate(zip(paths, declared, strict=True))
    )
    pipeline = Pipeline(
        name=options.name or name_of(paths),
        nodes=nodes,
        source=", ".join(path.name for path in paths),
        parameters=parameters,
    )
    return NotebookPipeline(_with_outputs(pipeline, options.outputs, root, settings), root)


def _usable(path: Path) -> Path:
    if not is_notebook(path):
        raise NotebookUnusable(f"'{path}' is neither a notebook (.ipynb) nor a script (.py, .R).")
    if not path.is_file():
        raise NotebookUnusable(f"'{path}' {'is not a file' if path.exists() else 'does not exist'}.")
    # links to notebooks keep their name: what the notebook reads lies beside the link
    return Path(os.path.abspath(path))  # noqa: PTH100


def name_of(paths: Sequence[Path]) -> str:
    """Return the name of a pipeline of these files."""
    stems = [path.stem for path in paths]
    more = len(stems) - MAX_NAMED
    return "-".join(stems[:MAX_NAMED]) + (f"-and-{more}-more" if more > 0 else "")


def _parameters(
    paths: Sequence[Path],
    declared: Sequence[tuple[DeclaredParameter, ...] | None],
    given: Mapping[str, str],
) -> tuple[Parameter, ...]:
    """Return the parameters with their values, in the order in which they were given."""
    _refuse_unknown(paths, declared, given)
    found = []
    for name, text in given.items():
        candidates = [
            typed(parameter, text, path.name)
            for path, known in zip(paths, declared, strict=True)
            for parameter in known or ()
            if parameter.name == name
        ]
        kinds = {parameter.type: parameter for parameter in candidates}
        if len(kinds) > 1:
            raise ParameterOfWrongType(
                f"parameter '{name}' has the types {' and '.join(sorted(kinds))} in different notebooks.",
                f"Give {name} defaults of one type in their 'parameters' cells, or submit them apart.",
            )
        # scripts get environment variables, which are text
        found.append(candidates[0] if candidates else Parameter(name=name, type="String", value=text))
    for path, known in zip(paths, declared, strict=True):
        for parameter in known or ():
            if parameter.required and parameter.name not in given:
                raise InvalidParameter(
                    f"{path.name}: parameter '{parameter.name}' has no default and was not given.",
                    f"Add -p {parameter.name}=VALUE, or give it a default in the 'parameters' cell.",
                )
    return tuple(found)


def _refuse_unknown(
    paths: Sequence[Path],
    declared: Sequence[tuple[DeclaredParameter, ...] | None],
    given: Mapping[str, str],
) -> None:
    if any(path.suffix.lower() != ".ipynb" for path in paths):
        return  # scripts take what they are given
    names = list(dict.fromkeys(parameter.name for known in declared for parameter in known or ()))
    unknown = [name for name in given if name not in names]
    if not unknown:
        return
    untagged = [path.name for path, known in zip(paths, declared, strict=True) if known is None]
    if names:
        hint = "Correct the name, or add the parameter to the cell tagged 'parameters'."
        there = f"those there are: {', '.join(names)}"
    else:
        hint = "Put the defaults into one cell, and add the tag 'parameters' to it in JupyterLab's side bar."
        there = f"{', '.join(untagged[:MAX_NAMED])} has no cell tagged 'parameters'"
        if not untagged:
            there = "the cell tagged 'parameters' assigns nothing"
    raise UnknownParameter(f"there is no parameter '{unknown[0]}'; {there}.", hint)


def _takes(known: tuple[DeclaredParameter, ...] | None, path: Path, parameter: Parameter) -> bool:
    if path.suffix.lower() != ".ipynb":
        return True
    return any(declared.name == parameter.name for declared in known or ())


def _with_outputs(
    pipeline: Pipeline, outputs: Sequence[str], root: Path, settings: RuntimeConfiguration
) -> Pipeline:
    """Give each output to the files that write it.

    A missing output fails its task, so that of several files only those get one whose code names it; the last
    one where none does, for the check to report. ``FILE:GLOB`` says which file it is.
    """
    nodes = list(pipeline.notebook_nodes)
    given: list[list[str]] = [[] for _ in nodes]
    for output in outputs:
        prefix, _, rest = output.partition(":")
        named = [number for number, node in enumerate(nodes) if rest and fnmatch(node.label, prefix)]
        pattern = rest if named else output
        for number in named or _writers(pipeline, pattern, root, settings):
            given[number].append(pattern)
    return replace(
        pipeline,
        nodes=tuple(replace(node, outputs=tuple(one)) for node, one in zip(nodes, given, strict=True)),
    )


def _writers(pipeline: Pipeline, pattern: str, root: Path, settings: RuntimeConfiguration) -> list[int]:
    nodes = pipeline.notebook_nodes
    if len(nodes) == 1:
        return [0]
    # without its parents: what they leave would count as present
    asked = replace(
        pipeline,
        nodes=tuple(replace(node, label=node.id, outputs=(pattern,), parents=()) for node in nodes),
    )
    report = check_sources(check_inputs(asked, root, settings), ModuleIndex(Origin("none")))
    silent = {found.node for found in report.findings if found.code == "ND-CHECK-501"}
    return [number for number, node in enumerate(nodes) if node.id not in silent] or [len(nodes) - 1]


def _cores(text: str) -> float | None:
    # Kubernetes keeps three digits after the point
    return math.ceil(parse_cores(text) * 1000) / 1000 if text else None


def _gibibytes(text: str) -> float | None:
    if not text:
        return None
    quantity = f"{text.strip()}Gi" if re.fullmatch(r"\s*[0-9.]+\s*", text) else text
    return math.ceil(parse_bytes(quantity) / 2**30 * 1000) / 1000
