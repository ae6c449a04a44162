"""What Elyra refuses reaches our tasks all the same, where we read the pipeline file."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from elyra.pipeline.parser import PipelineParser
from elyra.pipeline.validation import PipelineValidationManager, ValidationSeverity

from elyra_neurodesk.elyra_adapter.validation_workaround import hide_from_validation
from tests.support.jupyter import neurodesk_metadata
from tests.support.pipelines import node_id, notebook_node, pipeline, write_notebook


@pytest.fixture
def definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    configs = tmp_path / "jupyter/metadata/runtimes"
    configs.mkdir(parents=True)
    metadata = {
        "runtime_type": "KUBEFLOW_PIPELINES",
        **neurodesk_metadata("http://s:9000", "access", "not a secret"),
    }
    content = {"display_name": "x", "schema_name": "neurodesk", "metadata": metadata}
    (configs / "x.json").write_text(json.dumps(content), "utf-8")
    write_notebook(tmp_path / "a.ipynb", "1")
    (tmp_path / "data/deep").mkdir(parents=True)
    (tmp_path / "data/deep/x.txt").write_text("x", "utf-8")
    (tmp_path / "b.py").write_text("", "utf-8")
    nodes = [
        notebook_node("half", "a.ipynb", dependencies=["b.py", "data"], cpu=0.5, cpu_limit=1, memory="1.5"),
        notebook_node("whole", "a.ipynb", dependencies=["b.py"], cpu=1),
    ]
    made = pipeline(nodes)
    made["pipelines"][0]["app_data"] |= {
        "name": "p",
        "source": "p.pipeline",
        "runtime": "neurodesk",
        "runtime_config": "x",
    }
    return made


def problems(definition: dict[str, Any], root: Path) -> list[str]:
    manager = PipelineValidationManager(root_dir=str(root))
    response = asyncio.run(manager.validate(pipeline=copy.deepcopy(definition)))
    issues = response.to_json().get("issues", ())
    return [issue["message"] for issue in issues if issue["severity"] == ValidationSeverity.Error]


def test_elyra_refuses_fractions_below_one_and_directories(
    definition: dict[str, Any], tmp_path: Path
) -> None:
    found = " ".join(problems(definition, tmp_path))
    assert "must be greater than zero" in found
    assert "invalid path to a file/dir" in found


def test_what_is_hidden_passes_elyra_and_is_put_back(definition: dict[str, Any], tmp_path: Path) -> None:
    hidden = hide_from_validation(definition, tmp_path)
    assert problems(definition, tmp_path) == []
    parsed = PipelineParser(root_dir=str(tmp_path)).parse(definition)
    hidden.restore(parsed)
    half, whole = (parsed.operations[node_id(name)] for name in ("half", "whole"))
    assert (half.cpu, half.cpu_limit, half.memory) == (0.5, 1, "1.5")
    assert half.dependencies == ["b.py", "data"]
    assert (whole.cpu, whole.dependencies) == (1, ["b.py"])


def test_a_pipeline_that_elyra_takes_is_not_touched(tmp_path: Path) -> None:
    write_notebook(tmp_path / "a.ipynb", "1")
    made = pipeline([notebook_node("n", "a.ipynb", cpu=2, dependencies=["*.py"])])
    before = copy.deepcopy(made)
    assert hide_from_validation(made, tmp_path).values == {}
    assert made == before
