"""What Elyra's server answers its editor: a node without configuration, and *Run as Pipeline*."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.jupyterlab import TOKEN, Lab, backend, chromium, ended_run, jupyterlab, tabs
from tests.support.backend import lay_out
from tests.support.jupyter import JupyterHome
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

pytest.importorskip("jupyterlab")
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
CONFIG = "neurodesk_this_machine"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab that sees no CVMFS, the embedded backend beside it, and the installed runtime images."""
    directory = tmp_path_factory.mktemp("lab") / "study"
    directory.mkdir()
    write_notebook(directory / "lone.ipynb", "print(2)")
    node = notebook_node("lone", "lone.ipynb")
    node["app_data"]["component_parameters"].pop("runtime_image", None)
    write_pipeline(directory / "dropped.pipeline", [node], runtime_type="KUBEFLOW_PIPELINES")
    home = JupyterHome(tmp_path_factory.mktemp("home"))
    home.env["ELYRA_NEURODESK_HOME"] = str(tmp_path_factory.mktemp("backend"))
    home.env["NEURODESK_CVMFS_ROOT"] = str(directory / "nothing")
    images = home.home / ".local/share/jupyter/metadata/runtime-images"
    shutil.copytree(ROOT / "runtime-images", images)
    tree = lay_out(tmp_path_factory.mktemp("cvmfs"))
    with backend(home, tree), jupyterlab(home, directory) as running:
        yield running


def newest_image() -> str:
    newest = max((ROOT / "runtime-images").glob("neurodesktop-*.json"))
    return str(json.loads(newest.read_text("utf-8"))["metadata"]["image_name"])


def ask(lab: Lab, path: str, body: Any = None) -> tuple[int, Any]:
    """Send what the editor sends and return status and answer."""
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{lab.url}elyra/{path}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def single_file(**parameters: Any) -> dict[str, Any]:
    """Return what *Run as Pipeline* makes of a notebook (pipeline-editor's generateSingleFilePipeline)."""
    node = {
        "id": "n",
        "type": "execution_node",
        "op": "execute-notebook-node",
        "app_data": {
            "component_parameters": {
                "filename": "lone.ipynb",
                "outputs": [],
                "env_vars": [],
                "dependencies": ["*.py"],
                "include_subdirectories": False,
                **parameters,
            },
            "ui_data": {"label": "lone.ipynb"},
        },
    }
    app_data = {
        "name": "lone",
        "runtime_config": CONFIG,
        "version": 8,
        "source": "lone.ipynb",
        "properties": {"name": "generic"},
        "ui_data": {"comments": []},
    }
    primary = {"id": "p", "nodes": [node], "app_data": app_data}
    return {
        "doc_type": "pipeline",
        "version": "3.0",
        "id": "p",
        "primary_pipeline": "p",
        "pipelines": [primary],
        "schemas": [],
    }


def test_run_as_pipeline_runs_a_notebook_beside_which_there_is_no_py_file(lab: Lab) -> None:
    status, answer = ask(lab, "pipeline/schedule", single_file(runtime_image="own/image:1"))
    assert status == 200, answer
    assert any("no file matches the dependency '*.py'" in line for line in answer["warnings"])
    local = json.loads(lab.elyra_neurodesk("local", "status", "--json"))
    run = ended_run(local["api_endpoint"], lab.backend_token, answer["run_id"], 200)
    assert run["state"] == "SUCCEEDED"
    assert "no file matches the dependency '*.py'" in lab.log.read_text("utf-8")


def test_a_missing_dependency_without_wildcards_stays_an_error(lab: Lab) -> None:
    body = single_file(runtime_image="own/image:1", dependencies=["*.py", "gone.csv"])
    status, answer = ask(lab, "pipeline/schedule", body)
    assert status == 400
    errors = [issue for issue in answer["issues"] if issue["severity"] == 1]
    assert [Path(issue["data"]["value"]).name for issue in errors] == ["gone.csv"]


def test_a_node_without_runtime_image_runs_in_the_newest_neurodesktop(lab: Lab) -> None:
    status, answer = ask(lab, "pipeline/schedule", single_file())
    assert status == 200, answer
    body = {
        "pipeline": single_file(),
        "export_format": "yaml",
        "export_path": "out.yaml",
        "overwrite": True,
    }
    status, answer = ask(lab, "pipeline/export", body)
    assert status == 201, answer
    assert newest_image() in (lab.directory / "out.yaml").read_text("utf-8")


def test_the_form_asks_for_modules_first_and_does_not_require_an_image(lab: Lab) -> None:
    status, form = ask(lab, "pipeline/components/KUBEFLOW_PIPELINES/notebook/properties")
    assert status == 200
    parameters = form["properties"]["component_parameters"]
    assert list(parameters["properties"])[:3] == ["inputs_header", "neurodesk_modules", "filename"]
    assert parameters["required"] == ["filename"]
    assert parameters["properties"]["runtime_image"]["uihints"]["ui:placeholder"] == (
        f"{newest_image().partition('@')[0]} (default)"
    )
    # from the backend's repository: this server sees none
    choices = parameters["properties"]["neurodesk_modules"]["items"]["properties"]["module"]["anyOf"][0]
    assert choices["enum"] == ["hello/1.0"]


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="there is no chromium on the PATH")
def test_the_editor_runs_a_node_without_runtime_image(lab: Lab, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    expect = playwright.expect
    with tabs(tmp_path) as browser, browser.open(lab.start_page, "dropped") as page:
        page.locator(".jp-DirListing-item", has_text="dropped.pipeline").dblclick()
        expect(page.locator(".elyra-PipelineEditor").get_by_text("lone", exact=True)).to_be_visible()
        page.get_by_role("button", name="Run Pipeline").click()
        dialog = page.locator(".jp-Dialog")
        dialog.get_by_label("Runtime Configuration").select_option(label="Neurodesk (this machine)")
        dialog.get_by_role("button", name="Ok").click()
        expect(page.locator(".jp-Dialog-header")).to_have_text(re.compile("Job submission to .* succeeded"))
