"""The Python export holds what users typed as literals, and as nothing else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.compile.dsl import write_dsl
from elyra_neurodesk.compile.package import package_text
from elyra_neurodesk.graph.model import Constant, Parameter, PipelineInput, Task, TaskGraph
from tests.safety.nasty import SAMPLES, bounded, nasty, nasty_text
from tests.safety.workbench import Workbench, only_coded_errors
from tests.support.equivalence import compile_dsl, pipeline_facts, resolved_tasks
from tests.support.pipelines import catalog_node, notebook_node

NAMES = {
    *("Path", "yaml", "json_format", "components", "dsl", "_load", "definition", "_COMPONENTS"),
    *("generated_pipeline", "_tasks", "_task", "__name__", "__file__", "_specs", "_documents", "document"),
    *("map", "str", "int", "float", "bool", "list", "dict"),
}
CALLS = {
    *("_load", "Path", "map", "dsl.pipeline", "components.load_component_from_text", "yaml.safe_dump_all"),
    *("_task.set_display_name", "_task.after", "_task.set_caching_options", "_task.set_env_variable"),
    *("_task.set_cpu_request", "_task.set_cpu_limit", "_task.set_memory_request", "_task.set_memory_limit"),
    *("_task.set_accelerator_limit", "_task.set_accelerator_type"),
    # Path(__file__).with_suffix(".yaml").write_text(...), _load(...)(...)
    *(".with_suffix", ".write_text", "()"),
}


def called(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{called(node.value) if isinstance(node.value, ast.Name) else ''}.{node.attr}"
    return "()" if isinstance(node, ast.Call) and called(node.func) == "_load" else ast.dump(node)


def assert_only_literals(source: str, parameters: set[str]) -> None:
    tree = ast.parse(source)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names <= NAMES | parameters
    assert {called(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)} <= CALLS
    imported = {
        f"{getattr(node, 'module', '')}:{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    wanted = {"pathlib:Path", ":yaml", "google.protobuf:json_format", "kfp:components", "kfp:dsl"}
    assert imported == wanted
    kinds = {type(node) for node in tree.body}
    assert kinds <= {ast.Expr, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign, ast.If}
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert functions == {"_load", "generated_pipeline"}
    assert not any(isinstance(node, ast.JoinedStr | ast.Lambda | ast.NamedExpr) for node in ast.walk(tree))


def constants(source: str) -> set[Any]:
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@bounded
@given(st.lists(nasty_text, min_size=7, max_size=7))
def test_whatever_was_typed_is_a_literal(values: list[str]) -> None:
    """Without the checks before it: the writer does not rely on them."""
    values = [value.encode("utf-8", "replace").decode().replace("\0", "") or "x" for value in values]
    label, env, name, description, annotation, default, constant = values
    component = {
        "name": "a component",
        "description": description,
        "inputs": [{"name": "text", "type": "String"}],
        "implementation": {"container": {"image": "i", "command": [constant, {"inputValue": "text"}]}},
    }
    task = Task(
        name="t",
        display_name=label,
        inputs={"text": Constant(constant)},
        env={"A": env},
        platform={"podMetadata": {"annotations": {annotation: annotation}}},
        component=yaml.safe_dump(component),
    )
    other = Task(
        name="u",
        display_name=label,
        inputs={"text": PipelineInput("p")},
        component=yaml.safe_dump(component),
        parents=("t",),
    )
    graph = TaskGraph(name, description, (task, other), (Parameter("p", "String", default, description),))
    source = write_dsl(graph)
    assert_only_literals(source, {"p"})
    assert {label, name, default, constant, annotation} <= constants(source)


@bounded
@given(nasty_text, nasty)
def test_a_pipeline_that_passes_the_checks_is_exported_as_literals(
    bench: Workbench, label: str, env: str
) -> None:
    node = notebook_node("node", "a.ipynb", env_vars=[{"env_var": "A", "value": env}])
    node["app_data"]["label"] = node["app_data"]["ui_data"]["label"] = label
    with only_coded_errors():
        graph = bench.graph(bench.definition([node]))
        assert_only_literals(write_dsl(graph), set())


def test_a_sample_compiles_to_an_equivalent_package(bench: Workbench, tmp_path: Path) -> None:
    nodes, parameters = [], []
    for at, value in enumerate(SAMPLES):
        safe = value.replace("\0", "").encode("utf-8", "replace").decode()
        plain = safe.replace("{{", "{ {").replace("$$", "$ $").replace("$(", "$ (") or "x"
        parameters.append(
            {"name": f"p{at}", "description": plain, "default_value": {"type": "String", "value": plain}}
        )
        nodes.append(
            notebook_node(
                f"{at} {plain[:200]}",
                "a.ipynb",
                env_vars=[{"env_var": "A", "value": safe}],
                pipeline_parameters=[f"p{at}"],
                kubernetes_pod_annotations=[{"key": "a", "value": plain}],
            )
        )
        nodes.append(catalog_node(f"echo {at}", "echo", text={"widget": "string", "value": plain}))
    graph = bench.graph(
        bench.definition(nodes, name='It\'s "quoted"', description=SAMPLES[8], pipeline_parameters=parameters)
    )
    ours, theirs = package_text(graph), compile_dsl(write_dsl(graph), tmp_path)
    assert resolved_tasks(ours) == resolved_tasks(theirs)
    assert pipeline_facts(ours) == pipeline_facts(theirs)


@pytest.mark.parametrize("name", ["_tasks", "_load", "_COMPONENTS", "dsl\n", "é", "ﬁ", "class"])
def test_no_parameter_can_hide_a_name_of_the_module(bench: Workbench, name: str) -> None:
    from elyra_neurodesk.errors import NeurodeskError

    parameter = {"name": name, "description": "", "default_value": {"type": "String", "value": "x"}}
    node = notebook_node("node", "a.ipynb", pipeline_parameters=[name])
    if name.strip() != name:
        compiled = bench.compiled([node], pipeline_parameters=[parameter])
        assert set(compiled.parameters()) <= {name.strip()}
        return
    with pytest.raises(NeurodeskError, match=r"ND-(FIELD-011|PARAMETER-001)"):
        bench.compiled([node], pipeline_parameters=[parameter])
