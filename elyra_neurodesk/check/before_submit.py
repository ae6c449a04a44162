"""The check before a pipeline is submitted or exported."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.nodes import check_inputs
from elyra_neurodesk.check.report import CheckFailed, Report
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.declarations import declared_modules
from elyra_neurodesk.graph.pipeline import Pipeline
from elyra_neurodesk.modules.index import ModuleIndex
from elyra_neurodesk.modules.repository import WAYS_TO_A_REPOSITORY
from elyra_neurodesk.modules.sources import current_index
from elyra_neurodesk.settings import RuntimeConfiguration


class RepositoryAbsent(NeurodeskError):
    """The pipeline needs Neurodesk modules, and this machine has no Neurodesk repository."""

    code = "ND-SUBMIT-011"
    hint = f"{WAYS_TO_A_REPOSITORY}; or submit to a cluster with --runtime-config."


MAX_LISTED = 10
"""Warnings that a submission shows one by one."""

UNCONFIGURED = RuntimeConfiguration(
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


def check_before_submit(
    pipeline: Pipeline, root: Path, configuration: RuntimeConfiguration, absent_repository: str = ""
) -> tuple[str, ...]:
    """Check a pipeline that is about to be submitted or exported, unless the configuration says ``off``.

    Args:
        pipeline: the pipeline.
        root: directory that file names are relative to.
        configuration: the runtime configuration; its ``check`` says what errors lead to.
        absent_repository: see `SubmissionContext`.

    Returns:
        One line for each warning, which does not stop the submission.

    Raises:
        CheckFailed: there are errors, and the level is ``error``.
        RepositoryAbsent: it needs modules, and this machine has no repository.
    """
    declared = {name for node in pipeline.notebook_nodes for name in declared_modules(node, configuration)}
    if absent_repository and declared:
        raise _repository_absent(pipeline, absent_repository, declared)
    line = f"this machine has no Neurodesk repository ({absent_repository}): its tasks run without modules"
    said = (line,) if absent_repository else ()
    if configuration.check == "off" or not pipeline.notebook_nodes:
        return said
    # missing files are an error of the archive's builder
    inputs = [item for item in check_inputs(pipeline, root, configuration) if not item.problem]
    report = check_sources(inputs, lambda: configured_index(configuration))
    if absent_repository and report.uses:
        raise _repository_absent(pipeline, absent_repository, {use.request for use in report.uses})
    if configuration.check == "error" and report.with_severity("error"):
        raise CheckFailed(pipeline.name, report)
    return (*said, *warning_lines(report))


def _repository_absent(pipeline: Pipeline, why: str, modules: set[str]) -> RepositoryAbsent:
    names = ", ".join(sorted(modules))
    return RepositoryAbsent(
        f"Pipeline '{pipeline.name}' needs the modules {names}, and this machine has no Neurodesk "
        f"repository: {why}."
    )


def warning_lines(report: Report) -> tuple[str, ...]:
    """Return errors and warnings as lines, the first of them and the number of the others."""
    found = [*report.with_severity("error"), *report.with_severity("warning")]
    lines = [item.text for item in found[:MAX_LISTED]]
    if len(found) > MAX_LISTED:
        lines.append(f"{len(found) - MAX_LISTED} more; `elyra-neurodesk check` shows them all")
    return tuple(lines)


def configured_index(configuration: RuntimeConfiguration, *, refresh: bool = False) -> ModuleIndex:
    """Return the module index that a runtime configuration names; this machine's when it names none.

    Args:
        configuration: the runtime configuration.
        refresh: see `current_index`.
    """
    source = configuration.module_index
    if not source:
        return current_index(refresh=refresh)
    if "://" in source or source.endswith(".json"):
        return current_index(source=source, refresh=refresh)
    return current_index(root=Path(source), refresh=refresh)
