"""``elyra-neurodesk check`` and the check before submit and export, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.submit.kfp_api import running_kfp_api
from tests.support.backend import command
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.objectstore import running_nanio
from tests.support.pipelines import node_id, notebook_node, pipeline, write_notebook, write_pipeline

LOAD = "import module\nawait module.load('fsl/6.0.4')"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> JupyterHome:
    folder = tmp_path_factory.mktemp("check")
    tree = make_tree(folder / "tree", [Tool("fsl", "6.0.4", "20210105", {"bet": "", "fast": ""})])
    made = JupyterHome(folder / "home")
    made.env["NEURODESK_CVMFS_ROOT"] = str(tree)
    return made


def configured(home: JupyterHome, name: str, **metadata: Any) -> str:
    """Make a configuration whose servers do not exist: a pipeline that gets past the check fails at them."""
    home.runtime_config(
        name, **neurodesk_metadata("http://127.0.0.1:9", "access-key", "secret-key", **metadata)
    )
    return name


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    write_notebook(tmp_path / "mask.ipynb", "import module\nawait module.load('fsl/9.9')", "input()")
    return write_pipeline(tmp_path / "bad.pipeline", [notebook_node("Brain mask", "mask.ipynb")])


def check(home: JupyterHome, path: Path, *options: str) -> Any:
    return home.run(*command("check", str(path), *options), check=False)


def findings(done: Any) -> list[tuple[str, str, int | None]]:
    return [(found["node"], found["code"], found["cell"]) for found in json.loads(done.stdout)["findings"]]


def test_errors_are_shown_and_end_with_1(home: JupyterHome, bad: Path) -> None:
    done = check(home, bad)
    assert done.returncode == 1, done.stderr
    assert "× mask.ipynb, cell 1, line 2: module 'fsl/9.9' is loaded and does not exist" in done.stdout
    assert "× bad: 2 errors, 0 warnings, 0 notes" in done.stdout
    assert done.stderr == ""


def test_json_is_all_that_is_printed(home: JupyterHome, bad: Path) -> None:
    done = check(home, bad, "--json")
    assert done.returncode == 1
    assert findings(done) == [("Brain mask", "ND-CHECK-401", 2), ("Brain mask", "ND-CHECK-101", 1)]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"runtime_image": "no image"}, "ND-PIPELINE-002"),
        ({"pipeline_parameters": ["undeclared"]}, "ND-PIPELINE-002"),
        ({"env_vars": [{"env_var": "A", "value": "x" * 200_000}]}, "ND-FIELD-009"),
    ],
)
def test_what_submit_refuses_check_says(tmp_path: Path, values: dict[str, Any], code: str) -> None:
    home = JupyterHome(tmp_path / "home")
    write_notebook(tmp_path / "a.ipynb", "1")
    path = write_pipeline(tmp_path / "a.pipeline", [notebook_node("A", "a.ipynb", **values)])
    name = configured(home, "refusing")
    submitted = home.run(*command("submit", str(path), "--runtime-config", name, "--dry-run"), check=False)
    assert submitted.returncode == 1
    assert submitted.stderr.startswith(f"{code}: ")
    done = check(home, path, "--runtime-config", name, "--json", "--level", "warn")
    assert done.returncode == 1
    (found,) = [one for one in json.loads(done.stdout)["findings"] if one["severity"] == "error"]
    assert found["code"] == code
    assert found["message"] in submitted.stderr


def test_a_pipeline_of_an_older_editor_is_checked_and_submitted(tmp_path: Path) -> None:
    home = JupyterHome(tmp_path / "home")
    write_notebook(tmp_path / "a.ipynb", "1")
    path = write_pipeline(tmp_path / "a.pipeline", [notebook_node("A", "a.ipynb", env_vars=["A=1"])])
    content = json.loads(path.read_text("utf-8"))
    content["pipelines"][0]["app_data"]["version"] = 7
    path.write_text(json.dumps(content), "utf-8")
    name = configured(home, "older")
    done = check(home, path, "--runtime-config", name)
    assert done.returncode == 0, done.stdout
    shown = home.run(*command("submit", str(path), "--runtime-config", name, "--dry-run", "--json"))
    (task,) = json.loads(shown.stdout)["tasks"]
    assert task["env"] == ["A"]
    assert json.loads(path.read_text("utf-8")) == content


@pytest.mark.parametrize(("level", "count"), [("warn", 2), ("off", 0)])
def test_the_level_decides_what_errors_do(home: JupyterHome, bad: Path, level: str, count: int) -> None:
    done = check(home, bad, "--json", "--level", level)
    assert done.returncode == 0
    assert len(findings(done)) == count


def test_a_good_pipeline_ends_with_0(home: JupyterHome, tmp_path: Path) -> None:
    write_notebook(tmp_path / "mask.ipynb", LOAD, "!bet a mask.nii")
    path = write_pipeline(tmp_path / "p.pipeline", [notebook_node("m", "mask.ipynb", outputs=["mask.nii"])])
    done = check(home, path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "√ module fsl/6.0.4  fsl_6.0.4_20210105" in done.stdout


def test_what_nodes_and_pipeline_say_is_taken_into_account(home: JupyterHome, tmp_path: Path) -> None:
    write_notebook(
        tmp_path / "sub/a.ipynb", "import helper\nopen('/study/x')\nopen('/data/x')\n!bet a out.nii"
    )
    (tmp_path / "sub/helper.py").write_text("import asyncio, module\nasyncio.run(module.load('fsl/6.0.4'))\n")
    write_notebook(tmp_path / "b.ipynb", "open('out.nii')")
    volumes = [{"path": "/data", "pvc_name": "bids"}]
    nodes = [
        notebook_node(
            "a", "sub/a.ipynb", dependencies=["*.py"], outputs=["out.nii"], mounted_volumes=volumes
        ),
        notebook_node("b", "b.ipynb", ["a"], outputs=["out.nii", "none.csv"]),
        notebook_node("gone", "gone.ipynb"),
        notebook_node("lacks", "b.ipynb", dependencies=["none.txt"]),
    ]
    done = check(home, write_pipeline(tmp_path / "p.pipeline", nodes), "--json")
    assert findings(done) == [
        ("b", "ND-CHECK-501", None),
        ("gone", "ND-CHECK-013", None),
        ("lacks", "ND-CHECK-013", None),
    ], done.stdout


def test_modules_of_the_configuration_are_loaded_already(home: JupyterHome, tmp_path: Path) -> None:
    write_notebook(tmp_path / "a.ipynb", "!bet a b")
    path = write_pipeline(tmp_path / "p.pipeline", [notebook_node("a", "a.ipynb")])
    assert check(home, path).returncode == 1
    name = configured(home, "with-fsl", default_modules="fsl/6.0.4")
    try:
        assert check(home, path, "--runtime-config", name).returncode == 0
        assert check(home, path).returncode == 0, "the only configuration counts without being named"
    finally:
        (home.home / f".local/share/jupyter/metadata/runtimes/{name}.json").unlink()


def test_a_file_that_is_no_pipeline_is_one_line(home: JupyterHome, tmp_path: Path) -> None:
    (tmp_path / "x.pipeline").write_text("{}")
    done = check(home, tmp_path / "x.pipeline")
    assert done.returncode == 1
    assert done.stderr.startswith("ND-PIPELINE-001: ")
    assert len(done.stderr.splitlines()) == 1


def stopped(done: Any) -> bool:
    assert done.returncode == 1
    first, *rest = done.stderr.strip().splitlines()
    assert first.startswith("ND-CHECK-001: Pipeline 'bad' has 2 errors in its notebooks and scripts."), first
    return [line.partition(":")[0] for line in rest] == ["× 'Brain mask'", "× 'Brain mask'"]


def test_errors_stop_an_export(home: JupyterHome, bad: Path) -> None:
    name = configured(home, "strict", sidecar="off")
    out = bad.parent / "out.yaml"
    options = ("--runtime-config", name, "--output", str(out))
    assert stopped(home.run(*command("export", str(bad), *options), check=False))
    assert not out.exists()


def test_errors_stop_a_submission_before_anything_is_sent(home: JupyterHome, bad: Path) -> None:
    with running_kfp_api() as api:
        name = configured(home, "served", sidecar="off", api_endpoint=api.url)
        assert stopped(home.run(*command("submit", str(bad), "--runtime-config", name), check=False))
        assert not any(call.startswith(("create", "upload")) for call in api.calls)


@pytest.mark.parametrize("level", ["warn", "off"])
def test_a_configuration_can_let_errors_pass(
    home: JupyterHome, bad: Path, level: str, tmp_path: Path
) -> None:
    with running_nanio(tmp_path / "nanio") as store:
        keys = (store.access_key, store.secret_key)
        metadata = neurodesk_metadata(store.endpoint, *keys, cos_bucket=store.bucket, sidecar="off")
        home.runtime_config(f"level-{level}", **metadata, preflight_check=level)
        options = ("--runtime-config", f"level-{level}", "--output", str(tmp_path / "out.yaml"))
        done = home.run(*command("export", str(bad), *options))
    assert (tmp_path / "out.yaml").exists()
    told = [line for line in done.stderr.splitlines() if "ND-CHECK-" in line]
    assert len(told) == (2 if level == "warn" else 0), done.stderr


def test_super_nodes_are_checked_as_well(home: JupyterHome, tmp_path: Path) -> None:
    write_notebook(tmp_path / "inner.ipynb", "input()")
    write_notebook(tmp_path / "outer.ipynb", "1")
    definition = pipeline([notebook_node("outer", "outer.ipynb")])
    inner = json.loads(json.dumps(definition["pipelines"][0]))
    inner |= {"id": "inner", "nodes": [notebook_node("inner", "inner.ipynb")]}
    definition["pipelines"].append(inner)
    definition["pipelines"][0]["nodes"].append(
        {
            "id": node_id("super"),
            "type": "super_node",
            "subflow_ref": {"pipeline_id_ref": "inner"},
            "app_data": {"label": "super", "ui_data": {"label": "super"}},
            "inputs": [],
            "outputs": [],
        }
    )
    path = tmp_path / "p.pipeline"
    path.write_text(json.dumps(definition))
    done = check(home, path, "--json")
    assert findings(done) == [("inner", "ND-CHECK-401", 1)], done.stdout + done.stderr


def test_notebooks_are_checked_without_a_pipeline(home: JupyterHome, bad: Path) -> None:
    folder = bad.parent
    write_notebook(folder / "fine.ipynb", "print(subject)", parameters="subject: str")
    options = ("--modules", "fsl/9.8", "--dependency", "*.nii", "-p", "subject=x", "--json")
    done = check(home, folder / "mask.ipynb", str(folder / "fine.ipynb"), *options)
    assert done.returncode == 1, done.stderr
    assert ("mask.ipynb", "ND-CHECK-401", 2) in findings(done)
    assert {node for node, code, _ in findings(done) if code == "ND-CHECK-304"} == {
        "mask.ipynb",
        "fine.ipynb",
    }
    required = check(home, folder / "fine.ipynb")
    # above it: that none of several runtime configurations was taken
    (error,) = [line for line in required.stderr.splitlines() if line.startswith("ND-")]
    assert error.startswith("ND-PARAMETER-001: fine.ipynb: parameter 'subject' has no default")
