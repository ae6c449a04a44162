"""Elyra's own command line submits to the embedded backend."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.backend import CONFIG, Backend
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

pytestmark = pytest.mark.e2e


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_notebook(
        tmp_path / "first.ipynb",
        "from pathlib import Path; Path('n.txt').write_text(str(number + 1))",
        parameters="number = 0",
    )
    (tmp_path / "second.py").write_text("assert open('n.txt').read() == '42'\n", "utf-8")
    nodes = [
        notebook_node("first", "first.ipynb", outputs=["n.txt"], pipeline_parameters=["number"]),
        notebook_node("second", "second.py", ["first"]),
    ]
    number = {"name": "number", "description": "", "default_value": {"type": "Integer", "value": 41}}
    return write_pipeline(tmp_path / "plain.pipeline", nodes, pipeline_parameters=[number])


def test_elyra_pipeline_submit_starts_a_run_that_succeeds_and_shows_its_parameters(
    backend: Backend, project: Path
) -> None:
    done = backend.jupyter.run(
        *("elyra-pipeline", "submit", project.name, "--runtime-config", CONFIG, "--json"),
        cwd=project.parent,
        fork=False,  # as its users run it
    )
    told = json.loads(re.search(r"\{.*\}", done.stdout, re.DOTALL).group())  # type: ignore[union-attr]
    assert told["run_url"] == f"{backend.api}/#/runs/details/{told['run_id']}"
    shown = backend.wait(told["run_id"])
    assert shown["state"] == "SUCCEEDED"
    assert {task["name"]: task["state"] for task in shown["tasks"]} == {
        "first": "SUCCEEDED",
        "second": "SUCCEEDED",
    }
    assert backend.run_json(told["run_id"])["runtime_config"]["parameters"] == {"number": 41}
    page = backend.run_page(told["run_id"])
    assert "number" in page
    assert "41" in page
