"""Reading a run's store from its pipeline."""

from __future__ import annotations

import hashlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import DocumentReference, write_document
from elyra_neurodesk.kfp_api.pipeline_spec import pipeline_spec_of
from elyra_neurodesk.runs.locations import spec_tasks
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.specs import as_v2

STORE = StorageLocation("http://127.0.0.1:9000", "bucket", "some/prefix")


def spec(task: str, node: str = "") -> TaskSpec:
    return TaskSpec("A pipeline", "a-pipeline", task, node or task, f"{task}.ipynb", "0" * 64, STORE)


def package() -> dict:
    """Two tasks that share an executor, one with its own, a catalog component and a group of one."""
    return {
        "pipelineInfo": {"name": "a-pipeline"},
        "deploymentSpec": {
            "executors": {
                "exec-shared": {"container": {"args": ["--task", "{{$.inputs.parameters['task']}}"]}},
                "exec-own": {"container": {"args": ["--task", as_v2(spec("own"))]}},
                "exec-catalog": {"container": {"args": ['{"store": "not ours"}'], "command": ["x"]}},
                "exec-importer": {"importer": {}},
            }
        },
        "components": {
            "comp-shared": {"executorLabel": "exec-shared"},
            "comp-own": {"executorLabel": "exec-own"},
            "comp-catalog": {"executorLabel": "exec-catalog"},
            "comp-group": {"dag": {"tasks": {"inner": _task("comp-shared", spec("inner"))}}},
        },
        "root": {
            "dag": {
                "tasks": {
                    "a-last": _task("comp-own", after=["z-first", "group"]),
                    "z-first": _task("comp-shared", spec("z-first", "Erster Knoten"), name="z first"),
                    "component": _task("comp-catalog"),
                    "group": _task("comp-group", after=["z-first"]),
                }
            }
        },
    }


def _task(
    component: str, constant: TaskSpec | None = None, after: list[str] | None = None, name: str = ""
) -> dict:
    task: dict = {"componentRef": {"name": component}}
    if constant:
        task["inputs"] = {"parameters": {"task": {"runtimeValue": {"constant": as_v2(constant)}}}}
    if after:
        task["dependentTasks"] = after
    if name:
        task["taskInfo"] = {"name": name}
    return task


def unread(reference: DocumentReference) -> bytes | None:
    """Stand for a store that cannot be read, or is not asked."""
    return None


def test_both_places_of_a_specification_before_version_3_are_read_and_parents_come_first() -> None:
    found = [(task.name, task.display_name, task.spec) for task in spec_tasks(package(), unread)]
    assert found == [
        ("component", "component", None),
        ("z-first", "z first", spec("z-first", "Erster Knoten")),
        ("inner", "inner", spec("inner")),
        ("a-last", "a-last", spec("own")),
    ]


def stored() -> tuple[dict, bytes]:
    """The same with a document: one task per executor shared, one of its own, and a catalog component."""
    document = write_document([spec("z-first", "Erster Knoten"), spec("inner"), spec("own")])
    url = STORE.url(STORE.bootstrapper_key("0" * 64))
    name = "{{$.inputs.parameters['task']}}"
    content = package()
    for label in ("exec-shared", "exec-own"):
        args = [url, hashlib.sha256(document).hexdigest(), "{{$.inputs.parameters['run_id']}}", name]
        content["deploymentSpec"]["executors"][label]["container"]["args"] = args
    tasks = content["root"]["dag"]["tasks"]
    inner = content["components"]["comp-group"]["dag"]["tasks"]["inner"]
    for task, own in ((tasks["z-first"], "z-first"), (tasks["a-last"], "own"), (inner, "inner")):
        task["inputs"] = {"parameters": {"task": {"runtimeValue": {"constant": own}}}}
    return content, document


def test_the_document_that_the_tasks_name_is_read_once() -> None:
    content, document = stored()
    asked: list[DocumentReference] = []

    def read(reference: DocumentReference) -> bytes:
        asked.append(reference)
        return document

    found = {task.name: task.spec for task in spec_tasks(content, read)}
    assert found == {
        "component": None,
        "z-first": spec("z-first", "Erster Knoten"),
        "inner": spec("inner"),
        "a-last": spec("own"),
    }
    assert asked == [DocumentReference(STORE, hashlib.sha256(document).hexdigest())]
    assert asked[0].key == f"some/prefix/.elyra-neurodesk/specs/{asked[0].sha256}"


@pytest.mark.parametrize("answer", [None, b"{}", b"not what was submitted"])
def test_tasks_whose_document_cannot_be_had_keep_their_names(answer: bytes | None) -> None:
    content, _ = stored()
    found = spec_tasks(content, lambda reference: answer)
    assert [(task.name, task.spec, task.directory) for task in found] == [
        ("component", None, ""),
        ("z-first", None, "z-first"),
        ("inner", None, "inner"),
        ("a-last", None, "own"),
    ]


def test_yaml_of_two_documents_and_what_the_api_returns_are_the_same_pipeline() -> None:
    text = yaml.safe_dump_all([package(), {"platforms": {"kubernetes": {}}}])
    assert pipeline_spec_of(text) == package()
    assert pipeline_spec_of({"pipeline_spec": package(), "platform_spec": {}}) == package()
    assert pipeline_spec_of(package()) == package()


def test_a_pipeline_without_our_tasks_has_none_with_a_specification() -> None:
    component = {"root": {"dag": {"tasks": {"x": _task("comp-catalog")}}}}
    assert [task.spec for task in spec_tasks({**package(), **component}, unread)] == [None]
    assert spec_tasks("", unread) == []
    assert spec_tasks({}, unread) == []


def test_a_cycle_and_a_component_that_contains_itself_do_not_hang() -> None:
    looping = {"componentRef": {"name": "comp-group"}, "dependentTasks": ["b"]}
    content = {
        "components": {"comp-group": {"dag": {"tasks": {"a": looping}}}},
        "root": {"dag": {"tasks": {"a": looping, "b": {"dependentTasks": ["a"]}}}},
    }
    assert spec_tasks(content, unread) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["root", "dag", "tasks", "components", "executorLabel", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["root", "components", "deploymentSpec", "pipeline_spec"]), JSON))
def test_no_shape_of_json_makes_it_raise(content: dict) -> None:
    # the shapes end before a command line, so that no task of ours is in any
    assert [task for task in spec_tasks(content, unread) if task.spec is not None] == []


@pytest.mark.parametrize(
    ("command", "known"),
    [
        (CONTAINER_COMMAND, True),
        ([word.replace("import V3", "import V1") for word in CONTAINER_COMMAND], False),
        ([word.replace("import V3", "import V13") for word in CONTAINER_COMMAND], True),
        (["sh", "-c", "echo V2"], False),
        ("sh", False),
        (None, False),
    ],
)
def test_the_command_says_whether_a_task_writes_signs_of_life(command: object, known: bool) -> None:
    content = package()
    content["deploymentSpec"]["executors"]["exec-own"]["container"]["command"] = command
    assert {task.name: task.life_signs for task in spec_tasks(content, unread)}["a-last"] is known
