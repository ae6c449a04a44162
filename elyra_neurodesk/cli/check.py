"""``elyra-neurodesk check``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elyra_neurodesk.cli.notebooks import (
    FILES,
    notebook_options,
    only_pipeline,
    parameter_option,
    read_notebooks,
)
from elyra_neurodesk.cli.options import json_option, note, print_json, runtime_config_option
from elyra_neurodesk.errors import NeurodeskError, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from elyra_neurodesk.check.report import Finding, ModuleUse, Report
    from elyra_neurodesk.settings import RuntimeConfiguration

_SIGNS = {"ok": ("√", "green"), "error": ("×", "bold red"), "warning": ("‼", "yellow"), "note": ("i", "cyan")}


@click.command(short_help="Check notebooks and scripts, or a pipeline's, before they run.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar=FILES)
@runtime_config_option
@parameter_option
@notebook_options()
@click.option(
    "--level",
    type=click.Choice(["error", "warn", "off"]),
    help="What errors in notebooks and scripts lead to: exit status 1 (error), status 0 (warn); off: no "
    "check. "
    "Default: the runtime configuration's setting.",
)
@click.option("--notes/--no-notes", default=True, show_default=True, help="Show notes as well.")
@json_option
def check(
    files: tuple[Path, ...],
    runtime_config: str | None,
    parameters: dict[str, str],
    level: str | None,
    notes: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Check notebooks (.ipynb) and scripts (.py, .R), or those of FILE.pipeline, before they run.

    Reads every notebook, script and helper module without running any of it, and reports modules that do
    not exist or are retired, commands whose tool is not loaded, paths that will not exist, code that waits
    for input, outputs that no code writes, and what submitting would refuse. Exits with status 1 when there
    are errors.
    """
    from elyra_neurodesk.check.before_submit import configured_index
    from elyra_neurodesk.check.check import check_sources
    from elyra_neurodesk.check.nodes import check_inputs
    from elyra_neurodesk.check.report import Report
    from elyra_neurodesk.cli.pipelines import refusal
    from elyra_neurodesk.elyra_adapter.pipeline_file import read_pipeline_file

    configuration = _configuration(runtime_config)
    path = only_pipeline(files, given)
    if path is None:
        notebooks = read_notebooks(files, parameters, given, configuration)
        pipeline, root = notebooks.pipeline, notebooks.root
    else:
        pipeline, root = read_pipeline_file(path, parameters), path.resolve().parent
    level = level or configuration.check
    report, refused = Report(()), None
    if level != "off":
        from elyra_neurodesk.cli.render import busy

        inputs = check_inputs(pipeline, root, configuration)
        with busy("reading notebooks, scripts and the list of modules"):
            report = check_sources(inputs, lambda: configured_index(configuration))
            refused = refusal(path, pipeline, configuration, parameters)
        report = _with_refusal(report, refused)
    if as_json:
        print_json({"pipeline": pipeline.name, "level": level, **report.to_json()})
    else:
        from elyra_neurodesk.cli.render import console

        console().print(render(report, pipeline.name, notes))
    return 1 if refused or (level == "error" and report.with_severity("error")) else 0


def _with_refusal(report: Report, problem: NeurodeskError | None) -> Report:
    """Return a report with what submitting would refuse, unless a node's missing file is the reason."""
    from elyra_neurodesk.check.report import Finding

    if problem is None or any(found.code == "ND-CHECK-013" for found in report.findings):
        return report
    messages = getattr(problem, "problems", (problem.message,))
    refused = [
        Finding(problem.code, "error", "", "", None, None, one_line(message), problem.hint)
        for message in messages
    ]
    return dataclasses.replace(report, findings=(*refused, *report.findings))


def _configuration(name: str | None) -> RuntimeConfiguration:
    """Return the named runtime configuration, else the default one, else none; say if there are several."""
    from elyra_neurodesk.check.before_submit import UNCONFIGURED
    from elyra_neurodesk.elyra_adapter.runtime_configurations import (
        AmbiguousRuntimeConfiguration,
        default_runtime_configuration,
        runtime_configuration,
    )
    from elyra_neurodesk.errors import NeurodeskError

    try:
        found = runtime_configuration(name) if name else default_runtime_configuration()
        found.validate()
        return found
    except NeurodeskError as problem:
        if name:
            raise
        if isinstance(problem, AmbiguousRuntimeConfiguration):
            note(f"Checked without a runtime configuration: {problem.message} --runtime-config names one.")
        return UNCONFIGURED


def render(report: Report, pipeline: str, notes: bool = True) -> RenderableType:
    """Return the report for a terminal: a section per node, a line per module and finding, a summary."""
    from rich.console import Group
    from rich.text import Text

    from elyra_neurodesk.cli.render import plain

    lines: list[RenderableType] = []
    if general := [found for found in report.findings if not found.node]:
        lines += [_findings(general), ""]
    for node in dict.fromkeys(report.nodes):
        title = plain(node)
        title.stylize("bold")
        found = [one for one in report.findings if one.node == node and (notes or one.severity != "note")]
        fine = [use for use in report.uses if use.node == node and use.verdict == "ok"]
        lines += [title, Text("─" * max(title.cell_len, 1), style="dim")]
        lines += [_modules(fine)] if fine else []
        lines += [_findings(found)] if found else []
        lines += [Text.assemble(("√", "green"), " no findings")] if not fine and not found else []
        lines.append("")
    if report.index:
        lines.append(Text(f"modules {report.index}", style="dim"))
    counts = [
        f"{count} {severity}{'' if count == 1 else 's'}"
        for severity in ("error", "warning", "note")
        for count in [len(report.with_severity(severity))]
    ]
    status = "×" if report.with_severity("error") else "‼" if report.with_severity("warning") else "√"
    lines.append(Text.assemble(f"{status} ", plain(pipeline), f": {', '.join(counts)}"))
    return Group(*lines)


def _modules(uses: list[ModuleUse]) -> RenderableType:
    """Return one line for each module that is as requested, wherever it is loaded."""
    from rich.text import Text

    sign, style = _SIGNS["ok"]
    names = dict.fromkeys((use.resolved or use.request, use.container) for use in uses)
    return Text("\n").join(
        Text.assemble((sign, style), f" module {name}", (f"  {container}" if container else "", "dim"))
        for name, container in names
    )


def _findings(findings: list[Finding]) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    from elyra_neurodesk.cli.render import plain

    parts: list[RenderableType] = []
    for found in findings:
        sign, style = _SIGNS[found.severity]
        where = plain(f"{found.where}: " if found.where else "")
        parts.append(
            Text.assemble((sign, style), " ", where, plain(found.message), (f"  {found.code}", "dim"))
        )
        parts.append(Padding(Text(found.hint, style="dim"), (0, 0, 0, 4), expand=False))
    return Group(*parts)
