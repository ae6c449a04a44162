"""The check before submit, with Elyra's own pipeline objects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.check import before_submit
from elyra_neurodesk.check.before_submit import (
    UNCONFIGURED,
    RepositoryAbsent,
    check_before_submit,
    configured_index,
)
from elyra_neurodesk.check.nodes import check_inputs
from elyra_neurodesk.check.report import CheckFailed
from elyra_neurodesk.elyra_adapter.pipeline_file import read_pipeline_file
from elyra_neurodesk.graph.pipeline import NotebookNode, Pipeline
from elyra_neurodesk.settings import RuntimeConfiguration
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

LOAD = "import module\nawait module.load('{}')"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NEURODESK_APPS_JSON", raising=False)
    monkeypatch.setenv("NEURODESK_CVMFS_ROOT", str(tmp_path / "none"))
    return make_tree(tmp_path / "tree", [Tool("fsl", "6.0.4", "20210105", {"bet": ""})])


def made(folder: Path, cell: str, **node: Any) -> Any:
    write_notebook(folder / "a.ipynb", cell)
    return read_pipeline_file(write_pipeline(folder / "p.pipeline", [notebook_node("a", "a.ipynb", **node)]))


@pytest.mark.parametrize("level", ["error", "warn", "off"])
def test_the_configuration_decides_what_an_error_does(level: str, tmp_path: Path, tree: Path) -> None:
    settings = replace(UNCONFIGURED, check=level, module_index=str(tree))
    pipeline = made(tmp_path, LOAD.format("fsl/9"))
    if level == "error":
        with pytest.raises(CheckFailed, match="Pipeline 'p' has 1 error"):
            check_before_submit(pipeline, tmp_path, settings)
        return
    lines = check_before_submit(pipeline, tmp_path, settings)
    assert len(lines) == (level == "warn")
    assert all(line.startswith("'a': a.ipynb, cell 1, line 2: module 'fsl/9'") for line in lines)


def test_warnings_are_reported_and_stop_nothing(tmp_path: Path, tree: Path) -> None:
    settings = replace(UNCONFIGURED, module_index=str(tree))
    (line,) = check_before_submit(made(tmp_path, LOAD.format("fsl")), tmp_path, settings)
    assert line.endswith("(ND-CHECK-104)")


def test_many_warnings_are_counted(tmp_path: Path, tree: Path) -> None:
    cell = "\n".join(f"open('/data/{number}')" for number in range(14))
    lines = check_before_submit(made(tmp_path, cell), tmp_path, UNCONFIGURED)
    assert len(lines) == 11
    assert lines[-1].startswith("4 more;")


def test_an_index_is_read_only_when_the_code_needs_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before_submit, "configured_index", lambda settings: pytest.fail("asked"))
    assert check_before_submit(made(tmp_path, "print(1)\n!ls"), tmp_path, UNCONFIGURED) == ()


def test_a_missing_dependency_is_left_to_the_archive(tmp_path: Path) -> None:
    pipeline = made(tmp_path, "input()", dependencies=["none.txt"])
    assert check_before_submit(pipeline, tmp_path, UNCONFIGURED) == ()


def test_an_index_is_a_directory_or_a_list(tmp_path: Path, tree: Path) -> None:
    assert configured_index(replace(UNCONFIGURED, module_index=str(tree))).origin.kind == "tree"
    (tmp_path / "apps.json").write_text(
        '{"fsl": {"apps": {"fsl 6.0.4": {"version": "20210105", "exec": ""}}}}'
    )
    listed = configured_index(replace(UNCONFIGURED, module_index=str(tmp_path / "apps.json")))
    assert [entry.name for entry in listed.entries] == ["fsl/6.0.4"]


def test_a_node_has_what_pipeline_and_configuration_say(tmp_path: Path) -> None:
    write_notebook(tmp_path / "sub/a.ipynb", "1")
    (tmp_path / "sub/helper.py").write_text("")
    write_notebook(tmp_path / "b.ipynb", "1")
    volumes = [{"path": "data/", "pvc_name": "bids"}]
    variables = [{"env_var": "NEURODESK_MODULES", "value": "ants/2.5.4"}]
    nodes = [
        notebook_node("a", "sub/a.ipynb", dependencies=["*.py"], outputs=["x.nii"], mounted_volumes=volumes),
        notebook_node("b", "b.ipynb", ["a"], outputs=["y.csv"], env_vars=variables),
    ]
    settings = replace(UNCONFIGURED, modules=("fsl/6.0.4",), scratch_claim="scratch")
    pipeline = read_pipeline_file(write_pipeline(tmp_path / "p.pipeline", nodes))
    first, second = check_inputs(pipeline, tmp_path.resolve(), settings)
    assert (first.node.file, sorted(first.files)) == ("sub/a.ipynb", ["a.ipynb", "helper.py"])
    assert first.volumes == ("/data", "/neurodesktop-storage")
    assert first.modules == ("fsl/6.0.4",)
    assert second.modules == ("fsl/6.0.4", "ants/2.5.4")
    assert second.inherited == ("x.nii",)
    assert second.node.outputs == ("y.csv",)


def this_machine(repository: Path) -> RuntimeConfiguration:
    return replace(UNCONFIGURED, name="neurodesk_this_machine", module_index=str(repository))


def test_the_repository_is_a_directory_of_this_machine(tmp_path: Path) -> None:
    assert this_machine(tmp_path).repository == tmp_path
    for elsewhere in ("https://example.org/apps", f"{tmp_path}/apps.json", ""):
        assert replace(this_machine(tmp_path), module_index=elsewhere).repository is None
    assert replace(this_machine(tmp_path), name="cluster").repository is None


@pytest.mark.parametrize("level", ["error", "off"])
def test_without_a_repository_what_needs_no_module_is_submitted_with_one_line(
    tmp_path: Path, level: str
) -> None:
    (tmp_path / "a.py").write_text("print('hello')\n", "utf-8")
    drawn = Pipeline("p", (NotebookNode("a", "a", "a.py"),))
    configuration = replace(this_machine(tmp_path / "none"), check=level)
    said = check_before_submit(drawn, tmp_path, configuration, "/none is not there")
    assert said == (
        "this machine has no Neurodesk repository (/none is not there): its tasks run without modules",
    )
    assert check_before_submit(drawn, tmp_path, configuration) == ()


@pytest.mark.parametrize(
    ("code", "modules"),
    [("print('hello')\n", ("fsl/6.0.7.16",)), ("import module\nawait module.load('fsl/6.0.7.16')\n", ())],
)
def test_without_a_repository_what_needs_a_module_is_refused_with_its_name(
    tmp_path: Path, code: str, modules: tuple[str, ...]
) -> None:
    write_notebook(tmp_path / "a.ipynb", code)
    drawn = Pipeline("p", (NotebookNode("a", "a", "a.ipynb", modules=modules),))
    with pytest.raises(RepositoryAbsent, match=r"the modules fsl/6\.0\.7\.16, .*: /none holds no modules\."):
        check_before_submit(drawn, tmp_path, this_machine(tmp_path / "none"), "/none holds no modules")
