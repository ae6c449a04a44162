"""docs/stock-elyra.md names a test for every defect, and each of these tests exists."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/stock-elyra.md"

# what was measured with Elyra 4.1.1 and kfp 2.17; a defect that is found later gets a row and a line here
DEFECTS = (
    "Sub-path of a data volume",
    "Read-only data volume",
    "Shared memory",
    "Image pull policy",
    "Image pull secret",
    "CRI-O working directory",
    "`mlpipeline-ui-metadata.json`, `mlpipeline-metrics.json`",
    "Caching flag of a node",
    "KFP's cache",
    "Memory unit",
    "Fractional CPUs",
    "Environment values",
    "Code execution in the Jupyter server",
    "Description of several lines",
    "Passwords in compiled pipelines",
    "`ELYRA_RUN_NAME`",
    "Labels of version and experiment",
    "Labels of catalog nodes",
    "Parameter names with upper-case letters",
    "Parameter values with quotes",
    "Unused parameters",
    "Bool, List and Dict inputs",
    "Empty optional inputs",
    "Components that KFP 2 compiled",
    "Long and non-ASCII pipeline names",
    "Task names",
    "File names with quotes or `$`",
    "Directory as a dependency",
    "Wildcard dependency that matches nothing",
    "Node without runtime image",
    "Notebook without a pipeline, on the command line",
    "One notebook in several nodes",
    "Seconds per node",
    "Files beside a notebook",
    "Temporary archives",
    "Size of the compiled pipeline",
    "Object-store requests",
    "Packages in a task's container",
    "`submit --monitor`",
    "`submit --json`",
)


@functools.cache
def rows() -> dict[str, list[str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]
    return {row[0]: row[1:] for row in cells}


@functools.cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_defect_has_one_row_and_no_row_is_of_another() -> None:
    assert tuple(rows()) == DEFECTS


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_row_says_what_both_do_and_names_tests_that_exist(defect: str) -> None:
    stock, ours, proof = rows()[defect]
    assert stock
    assert ours
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", proof)
    assert named, f"no test in '{proof}'"
    assert re.sub(r"`[^`]+`", "", proof).strip(" ,") == ""
    for file, function in named:
        assert function in functions(file), f"{file} has no {function}"
