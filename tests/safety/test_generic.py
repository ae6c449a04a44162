"""Whatever is typed into a notebook node is refused in one line, or is exactly what the task sees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.declarations import last_of_each_tool
from elyra_neurodesk.names import storable
from elyra_neurodesk.patches.early_env import ENV_BEFORE_BOOTSTRAP
from tests.safety.nasty import bounded, nasty, nasty_text
from tests.safety.workbench import Compiled, Workbench, assert_inert, only_coded_errors
from tests.support.pipelines import notebook_node

OTHERS_VARIABLES = {"HOME": "REPLACED", "AWS_SECRET_ACCESS_KEY": "REPLACED", "KFP_POD_NAME": "REPLACED"}


def only_task(compiled: Compiled) -> str:
    (name,) = compiled.tasks
    return name


def a_node(bench: Workbench, **properties: Any) -> Any:
    return notebook_node("node", "a.ipynb", **properties)


def labelled(label: str) -> Any:
    node = notebook_node("node", "a.ipynb")
    node["app_data"]["label"] = node["app_data"]["ui_data"]["label"] = label
    return node


def parameter(name: str, kind: str, value: Any, description: str = "") -> dict[str, Any]:
    return {"name": name, "description": description, "default_value": {"type": kind, "value": value}}


@bounded
@given(nasty_text)
def test_a_nodes_label(bench: Workbench, value: str) -> None:
    with only_coded_errors():
        compiled = bench.compiled([labelled(value)])
        task = only_task(compiled)
        assert compiled.tasks[task]["taskInfo"]["name"] == storable(value)
        assert compiled.told(task).node == value
        assert_inert(compiled)


@bounded
@given(nasty_text, nasty)
def test_a_pipelines_name_and_description(bench: Workbench, name: str, description: str) -> None:
    with only_coded_errors():
        compiled = bench.compiled([a_node(bench)], name=name, description=description)
        assert compiled.spec["pipelineInfo"]["displayName"] == storable(name)
        assert compiled.spec["pipelineInfo"].get("description", "") == storable(description)
        assert compiled.told("node").pipeline == name
        assert_inert(compiled)


@bounded
@given(nasty_text)
def test_a_nodes_comment(bench: Workbench, value: str) -> None:
    node = a_node(bench)
    with only_coded_errors():
        compiled = bench.compiled([node], comments={node["id"]: value})
        annotations = compiled.pod("node")["podMetadata"]["annotations"]
        # Elyra drops a comment of blanks alone
        assert annotations.get("elyra/node-user-doc", "") == (storable(value) if value.strip() else "")
        assert_inert(compiled)


@bounded
@given(st.lists(nasty, min_size=1, max_size=4))
def test_environment_values(bench: Workbench, values: list[str]) -> None:
    entries = [{"env_var": f"V{at}", "value": value} for at, value in enumerate(values)]
    with only_coded_errors():
        compiled = bench.compiled([a_node(bench, env_vars=entries)])
        seen = compiled.environment("node")
        # Elyra's parser strips blanks at both ends, and discards what is then empty
        expected = {f"V{at}": value.strip() for at, value in enumerate(values) if value.strip()}
        assert {name: seen[name] for name in expected} == expected
        assert_inert(compiled)


@bounded
@given(nasty_text)
def test_an_environment_variables_name(bench: Workbench, name: str) -> None:
    with only_coded_errors() as error:
        compiled = bench.compiled([a_node(bench, env_vars=[{"env_var": name, "value": "value"}])])
        if name.strip() not in ("NEURODESK_MODULES", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            assert compiled.environment("node")[name.strip()] == "value"
    if "=" in name or "\0" in name or not name.strip():
        assert error() or not name.strip()


@bounded
@given(nasty_text, st.sampled_from(ENV_BEFORE_BOOTSTRAP))
def test_a_variable_that_is_read_before_the_bootstrapper(bench: Workbench, value: str, name: str) -> None:
    name = f"{name}X"
    with only_coded_errors():
        compiled = bench.compiled([a_node(bench, env_vars=[{"env_var": name, "value": value}])])
        if value.strip():
            assert compiled.container_environment("node")[name] == value.strip()
            assert_inert(compiled)


@bounded
@given(st.lists(nasty_text, min_size=1, max_size=3))
def test_outputs_with_wildcards(bench: Workbench, outputs: list[str]) -> None:
    with only_coded_errors() as error:
        compiled = bench.compiled([a_node(bench, outputs=outputs)])
        assert compiled.told("node").outputs == tuple(outputs)
        assert_inert(compiled)
    if any(output.startswith("/") or ".." in output.split("/") for output in outputs):
        assert error()


@bounded
@given(nasty_text)
def test_a_file_name(bench: Workbench, name: str) -> None:
    file = f"{name}.py"
    with only_coded_errors():
        try:
            path = bench.root / file
            if path.parent != bench.root:
                return
            path.write_text("", "utf-8")
        except (ValueError, OSError):
            pass  # no such file can be: the builder must say so
        compiled = bench.compiled([notebook_node("node", file)])
        assert compiled.told("node").file == file
        assert_inert(compiled)


@bounded
@given(nasty_text)
def test_a_dependency(bench: Workbench, pattern: str) -> None:
    with only_coded_errors():
        compiled = bench.compiled([a_node(bench, dependencies=[pattern])])
        assert_inert(compiled)


@bounded
@given(nasty, nasty)
def test_a_parameters_value_and_description(bench: Workbench, value: str, description: str) -> None:
    with only_coded_errors():
        compiled = bench.compiled(
            [a_node(bench, pipeline_parameters=["p"])],
            pipeline_parameters=[parameter("p", "String", value, description)],
        )
        assert compiled.assignments("node") == {"p": value}
        assert compiled.parameters() == {"p": value}
        assert compiled.told("node").parameters == {"p": "String"}
        assert_inert(compiled)


@bounded
@given(nasty_text)
def test_a_parameters_name(bench: Workbench, name: str) -> None:
    with only_coded_errors():
        compiled = bench.compiled(
            [a_node(bench, pipeline_parameters=[name])],
            pipeline_parameters=[parameter(name, "String", "value")],
        )
        if name.strip() == name:
            assert compiled.assignments("node") == {name: "value"}
        assert_inert(compiled)


@bounded
@given(
    st.one_of(
        st.tuples(st.just("Integer"), st.integers() | st.integers().map(str) | nasty),
        st.tuples(st.just("Float"), st.floats() | st.floats().map(str) | nasty),
        st.tuples(st.just("Bool"), st.booleans() | nasty),
    )
)
def test_a_parameter_of_another_type(bench: Workbench, typed: tuple[str, Any]) -> None:
    from elyra_neurodesk.bootstrapper.parameters import typed as as_task_sees

    kind, value = typed
    compiled = None
    with only_coded_errors():
        compiled = bench.compiled(
            [a_node(bench, pipeline_parameters=["p"])], pipeline_parameters=[parameter("p", kind, value)]
        )
        seen = as_task_sees({"p": kind}, compiled.assignments("node"))["p"]
        expected = {"Integer": int, "Float": float}.get(kind, lambda x: str(x).strip().lower() == "true")(
            value
        )
        assert seen == expected
        assert type(seen) is type(expected)


@bounded
@given(nasty_text)
def test_modules(bench: Workbench, value: str) -> None:
    with only_coded_errors():
        compiled = bench.compiled(
            [a_node(bench, env_vars=[{"env_var": "NEURODESK_MODULES", "value": value}])]
        )
        assert set(compiled.told("node").modules) == set(last_of_each_tool(value.replace(",", " ").split()))
        assert_inert(compiled)


@pytest.mark.parametrize(
    "long",
    [
        {"env_vars": [{"env_var": "A", "value": "x" * 200_000}]},
        {"outputs": ["/".join(["x" * 200] * 4)]},
        {"kubernetes_pod_annotations": [{"key": "a", "value": "x" * 300_000}]},
        {"kubernetes_pod_labels": [{"key": "a", "value": "x" * 64}]},
    ],
)
def test_what_is_too_long_is_refused_with_the_limit(bench: Workbench, long: Any) -> None:
    with pytest.raises(NeurodeskError) as error:
        bench.compiled([a_node(bench, **long)])
    assert str(error.value).startswith("ND-FIELD-0")
    assert len(str(error.value)) < 600


def test_a_long_list_of_outputs_arrives(bench: Workbench) -> None:
    outputs = tuple(f"{at:0200}" for at in range(1000))
    assert bench.compiled([a_node(bench, outputs=list(outputs))]).told("node").outputs == outputs


def test_a_value_just_below_the_limit_arrives(bench: Workbench) -> None:
    value = "é" * 50_000
    compiled = bench.compiled([a_node(bench, env_vars=[{"env_var": "A", "value": value}])])
    assert compiled.environment("node")["A"] == value


def test_two_expansions_change_no_variable(bench: Workbench) -> None:
    """A cluster expands twice: in the driver's arguments, then in the task's container.

    Only variables that are read before the bootstrapper runs are in the container.
    """
    from tests.safety.workbench import twice_expanded

    values = ["$5", "a$b", "$HOME", "${HOME}", "x$", "$ (HOME)"]
    entries = [{"env_var": f"PIP_{at}", "value": value} for at, value in enumerate(values)]
    compiled = bench.compiled([a_node(bench, env_vars=entries)])
    raw = {entry["name"]: entry["value"] for entry in compiled.executor("node")["env"]}
    assert [twice_expanded(raw[f"PIP_{at}"], OTHERS_VARIABLES) for at in range(len(values))] == values


def test_a_nodes_own_values_are_in_nothing_that_an_engine_reads(bench: Workbench) -> None:
    hostile = "$(HOME) $$ {{workflow.uid}} {{$.pipeline_job_uuid}} {{=1}} {{{ }}}"
    compiled = bench.compiled(
        [a_node(bench, env_vars=[{"env_var": "A", "value": hostile}], outputs=[hostile.replace("/", "")])]
    )
    assert "workflow.uid" not in compiled.package
    assert compiled.tasks["node"]["inputs"]["parameters"]["task"] == {"runtimeValue": {"constant": "node"}}
    assert compiled.told("node").outputs == (hostile,)
    assert compiled.environment("node")["A"] == hostile
