"""The report on a terminal."""

from __future__ import annotations

from rich.console import Console

from elyra_neurodesk.check.events import Location
from elyra_neurodesk.check.report import ModuleUse, Report, finding
from elyra_neurodesk.cli.check import render

REPORT = Report(
    findings=(
        finding(
            "ND-CHECK-201", "Brain mask", Location("bet.ipynb", 3, 1), "'bet' is a command of fsl", "error"
        ),
        finding("ND-CHECK-104", "Brain mask", Location("bet.ipynb", 2, 1), "module 'ants' is loaded"),
        finding("ND-CHECK-302", "Brain mask", Location("bet.ipynb", 4, 2), "'/data/x' is gone"),
    ),
    uses=(
        ModuleUse("Brain mask", "bet.ipynb", 1, 2, "fsl/6.0.4", "ok", "fsl/6.0.4", "fsl_6.0.4_20210105"),
        ModuleUse("Brain mask", "bet.ipynb", 2, 1, "ants", "unversioned", "ants/2.5.4", "ants_2.5.4_1"),
    ),
    nodes=("Brain mask", "Table"),
    index="from the mounted tree /cvmfs/neurodesk.ardc.edu.au",
)


def shown(report: Report, **options: bool) -> str:
    console = Console(width=100, force_terminal=False, color_system=None)
    with console.capture() as caught:
        console.print(render(report, "study", **options))
    return "\n".join(line.rstrip() for line in caught.get().splitlines())


def test_a_report_has_a_section_for_each_node() -> None:
    assert (
        shown(REPORT)
        == """\
Brain mask
──────────
√ module fsl/6.0.4  fsl_6.0.4_20210105
× bet.ipynb, cell 3, line 1: 'bet' is a command of fsl  ND-CHECK-201
    Load the tool's module in an earlier cell, or declare it in the node's properties.
‼ bet.ipynb, cell 2, line 1: module 'ants' is loaded  ND-CHECK-104
    Write the version, so that results are reproducible.
i bet.ipynb, cell 4, line 2: '/data/x' is gone  ND-CHECK-302
    Write below the notebook's directory and declare the file as an output of the node.

Table
─────
√ no findings

modules from the mounted tree /cvmfs/neurodesk.ardc.edu.au
× study: 1 error, 1 warning, 1 note"""
    )


def test_notes_can_be_left_out() -> None:
    assert "ND-CHECK-302" not in shown(REPORT, notes=False)
    assert shown(REPORT, notes=False).endswith("1 error, 1 warning, 1 note")


def test_an_empty_report_says_so() -> None:
    assert shown(Report((), nodes=("Table",))).endswith("√ study: 0 errors, 0 warnings, 0 notes")


def test_labels_are_not_markup() -> None:
    assert "[red]Mask[/red]" in shown(Report((), nodes=("[red]Mask[/red]",)))
