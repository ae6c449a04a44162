"""The check before a pipeline is submitted or exported."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.nodes import nodes_of
from elyra_neurodesk.check.report import CheckFailed, Report
from elyra_neurodesk.graph.pipeline import Pipeline
from elyra_neurodesk.modules.index import ModuleIndex
from elyra_neurodesk.modules.sources import current_index
from elyra_neurodesk.settings import RuntimeSettings

Level = Literal["error", "warn", "off"]
NAMED = 10
"""Warnings that a submission tells one by one."""

UNCONFIGURED = RuntimeSettings(
    name="",
    display_name="",
    api_endpoint="",
    public_api_endpoint="",
    namespace=None,
    object_store_endpoint="",
    public_object_store_endpoint="",
    bucket="",
)
"""What holds without a runtime configuration: no default modules, no scratch claim."""


def check_before(pipeline: Pipeline, root: Path, settings: RuntimeSettings) -> tuple[str, ...]:
    """Check a pipeline that is about to be submitted or exported.

    Args:
        pipeline: the pipeline.
        root: directory that file names are relative to.
        settings: the runtime configuration; its ``check`` says what errors do.

    Returns:
        One line for each thing that the user should know and that does not stop the submission.

    Raises:
        CheckFailed: there are errors, and the level is ``error``.
    """
    level = cast(Level, settings.check)
    if level == "off" or not pipeline.notebook_nodes:
        return ()
    # a file that is missing is told by the archive's builder, in its own words
    nodes = [node for node in nodes_of(pipeline, root, settings) if not node.problem]
    report = check_sources(nodes, lambda: configured_index(settings))
    if level == "error" and report.of("error"):
        raise CheckFailed(pipeline.name, report)
    return warning_lines(report)


def warning_lines(report: Report) -> tuple[str, ...]:
    """Return errors and warnings as lines, the first of them and the number of the others."""
    found = [*report.of("error"), *report.of("warning")]
    lines = [one.text for one in found[:NAMED]]
    if len(found) > NAMED:
        lines.append(f"{len(found) - NAMED} more; `elyra-neurodesk check` shows them all")
    return tuple(lines)


def configured_index(settings: RuntimeSettings) -> ModuleIndex:
    """Return the module index that a runtime configuration names; this machine's when it names none."""
    place = settings.module_index
    if not place:
        return current_index()
    if "://" in place or place.endswith(".json"):
        return current_index(source=place)
    return current_index(root=Path(place))
