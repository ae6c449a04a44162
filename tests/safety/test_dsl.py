"""The Python export holds what users typed as literals, and as nothing else."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.compile.dsl import write_dsl
from elyra_neurodesk.graph.model import Constant, Parameter, PipelineInput, Task, TaskGraph
from tests.safety.nasty import SAMPLES, bounded, nasty, nasty_text
from tests.safety.workbench import Workbench, only_coded_errors
from tests.support.compiled import compiled_package
from tests.support.equivalence import compile_dsl, pipeline_facts, resolved_tasks
from tests.support.pipelines import catalog_node, notebook_node

IMPORTS = {
    *(":copy", "pathlib:Path", ":yaml", "google.protobuf:json_format"),
    *("kfp:components", "kfp:dsl", "kfp:kubernetes"),
}
BUILTINS = {"__name__", "__file__", "map", "str", "int", "float", "bool"}
FUNCTIONS = {
    *(
        "_named",
        "_set_pod_field",
        "_set_up_notebook",
        "_set_up_component",
        "Path",
        "map",
        "generated_pipeline",
    ),
    *("copy.deepcopy", "components.load_component_from_text", "yaml.safe_dump_all", "dsl.ContainerSpec"),
    *("dsl.pipeline", "kubernetes.mount_pvc", "kubernetes.empty_dir_mount", "kubernetes.use_secret_as_env"),
    *("kubernetes.add_pod_label", "kubernetes.add_pod_annotation", "kubernetes.use_field_path_as_env"),
    *("kubernetes.set_image_pull_policy", "kubernetes.set_image_pull_secrets", "kubernetes.add_toleration"),
}
METHODS = {
    *("set_display_name", "after", "set_caching_options", "set_env_variable", "setdefault"),
    *("set_cpu_request", "set_cpu_limit", "set_memory_request", "set_memory_limit"),
    *("set_accelerator_limit", "set_accelerator_type"),
    # Path(__file__).with_suffix(".yaml").write_text(...)
    *("with_suffix", "write_text"),
}


def assert_only_literals(source: str, parameters: set[str]) -> None:
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    imported = {
        alias.name: f"{getattr(node, 'module', '')}:{alias.name}"
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert set(imported.values()) == IMPORTS
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    # nothing hides what the module or Python defines, and nothing else is used
    assert not (assigned | functions | parameters) & (imported.keys() | set(dir(builtins)))
    assert parameters <= arguments
    known = BUILTINS | imported.keys() | functions | arguments | assigned
    assert {node.id for node in nodes if isinstance(node, ast.Name)} <= known
    for call in (node.func for node in nodes if isinstance(node, ast.Call)):
        if isinstance(call, ast.Call):  # _named(component, name)(...)
            assert ast.unparse(call.func) == "_named"
        elif not (isinstance(call, ast.Attribute) and call.attr in METHODS):
            assert ast.unparse(call) in FUNCTIONS
    kinds = {type(node) for node in tree.body}
    assert kinds <= {ast.Expr, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign, ast.If}
    assert not any(isinstance(node, ast.JoinedStr | ast.Lambda | ast.NamedExpr) for node in nodes)


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
    ours, theirs = compiled_package(graph), compile_dsl(write_dsl(graph), tmp_path)
    assert resolved_tasks(ours) == resolved_tasks(theirs)
    assert pipeline_facts(ours) == pipeline_facts(theirs)


@pytest.mark.parametrize("name", ["_named", "_set_up_notebook", "_SCRIPT", "dsl\n", "é", "ﬁ", "class"])
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
