from __future__ import annotations

from dataclasses import replace

import pytest

from elyra_neurodesk.bootstrapper.spec import KeepLimits
from elyra_neurodesk.elyra_adapter.node_properties import (
    KEEP_UNDECLARED,
    MODULES,
    STRICTNESS,
    NeurodeskKeepUndeclared,
    NeurodeskModule,
    NeurodeskStrictness,
)
from elyra_neurodesk.graph.declarations import InvalidKeepLimit, last_of_each_tool
from elyra_neurodesk.graph.model import TaskGraph
from tests.safety import workbench
from tests.safety.workbench import Workbench
from tests.support.pipelines import Json, notebook_node, write_notebook

Modules = tuple[str, ...]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    root = tmp_path_factory.mktemp("declared")
    write_notebook(root / "a.ipynb", "1")
    return Workbench(root)


def rows(*modules: str) -> list[dict[str, str]]:
    return [{"module": module} for module in modules]


def told(bench: Workbench, properties: Json | None = None, **parameters: object) -> tuple[Modules, str]:
    """Return the modules and the strictness of a node's task."""
    node = notebook_node("node", "a.ipynb", **parameters)
    graph: TaskGraph = bench.graph(bench.definition([node], pipeline_defaults=properties or {}))
    spec = graph.tasks[0].spec
    assert spec is not None
    return spec.modules, spec.strict


def test_a_nodes_modules_reach_its_task(bench: Workbench) -> None:
    modules = rows("fsl/6.0.7.16", " ants ")
    assert told(bench, neurodesk_modules=modules) == (("fsl/6.0.7.16", "ants"), "error")


def test_the_pipelines_default_is_added_and_the_node_has_the_last_word_on_a_tool(bench: Workbench) -> None:
    modules, _ = told(
        bench, {MODULES: rows("fsl/6.0.4", "mrtrix3/3.0.4")}, neurodesk_modules=rows("fsl/6.0.7.16")
    )
    assert modules == ("mrtrix3/3.0.4", "fsl/6.0.7.16")


def test_the_configurations_modules_come_first_and_the_variable_last(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(workbench.SETTINGS, modules=("afni/25.2.03", "fsl/6.0.4"), strict="warn")
    monkeypatch.setattr(workbench, "SETTINGS", settings)
    modules, strict = told(
        bench,
        neurodesk_modules=rows("fsl/6.0.5.1", "ants/2.5.4"),
        env_vars=[{"env_var": "NEURODESK_MODULES", "value": "ants/2.6.0, c3d"}],
    )
    assert modules == ("afni/25.2.03", "fsl/6.0.5.1", "ants/2.6.0", "c3d")
    assert strict == "warn"


def test_strictness_is_the_nodes_then_the_pipelines(bench: Workbench) -> None:
    assert told(bench, {STRICTNESS: "warn"})[1] == "warn"
    assert told(bench, {STRICTNESS: "warn"}, neurodesk_strictness="off")[1] == "off"
    assert told(bench, {STRICTNESS: ""}, neurodesk_strictness="")[1] == "error"


def test_empty_lines_are_ignored(bench: Workbench) -> None:
    assert told(bench, neurodesk_modules=[{}, *rows("", "fsl")])[0] == ("fsl",)


def test_a_tool_declared_twice_is_loaded_once_in_its_last_version() -> None:
    assert last_of_each_tool(["fsl/6.0.4", "ants", "fsl/6.0.7.16"]) == ("ants", "fsl/6.0.7.16")


@pytest.mark.parametrize("module", ["fsl 6.0.4", "../x", "fsl/", "a/b/c", "$(x)", "x" * 201])
def test_what_can_be_no_module_is_refused_in_the_editor(module: str) -> None:
    (problem,) = NeurodeskModule(module).get_all_validation_errors()
    assert problem.startswith(f"'{module}' is not a module name")


def test_a_wrong_strictness_is_refused_in_the_editor() -> None:
    assert NeurodeskStrictness("maybe").get_all_validation_errors() == [
        "'maybe' is not one of error, warn, off."
    ]
    assert NeurodeskStrictness("warn").get_all_validation_errors() == []


def limits(bench: Workbench, properties: Json | None = None, **parameters: object) -> KeepLimits:
    node = notebook_node("node", "a.ipynb", **parameters)
    spec = bench.graph(bench.definition([node], pipeline_defaults=properties or {})).tasks[0].spec
    assert spec is not None
    return spec.keep_undeclared


def test_limits_for_undeclared_files_are_the_nodes_then_the_pipelines_then_the_configurations(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits(bench) == KeepLimits() == (20 << 20, 200 << 20)
    assert limits(bench, {KEEP_UNDECLARED: "1Gi"}) == (1 << 30, 10 << 30)
    assert limits(bench, {KEEP_UNDECLARED: "1Gi"}, neurodesk_keep_undeclared="1Mi/2G") == (1 << 20, 2 * 10**9)
    monkeypatch.setattr(workbench, "SETTINGS", replace(workbench.SETTINGS, keep_undeclared="off"))
    assert limits(bench) == (0, 0)
    assert limits(bench, neurodesk_keep_undeclared="20Mi") == KeepLimits()
    monkeypatch.setattr(workbench, "SETTINGS", replace(workbench.SETTINGS, keep_undeclared="a lot"))
    with pytest.raises(InvalidKeepLimit, match=r"Node 'node': Keep Undeclared Files is 'a lot'\. Write off"):
        limits(bench)


def test_a_wrong_limit_is_refused_in_the_editor() -> None:
    for text in ("much", "-1Mi", "1Mi/", "1/2/3", "inf"):
        assert NeurodeskKeepUndeclared(text).get_all_validation_errors() == [
            f"'{text}' is not a size: write off, 20Mi, or 20Mi/200Mi."
        ]
    for text in ("off", "0", "20Mi", "1.5Gi/10Gi"):
        assert NeurodeskKeepUndeclared(text).get_all_validation_errors() == []
