"""The records of a run's tasks joined."""

from __future__ import annotations

import json
from hashlib import sha256

from tests.support.records import (
    IMAGE,
    as_file,
    finding,
    given,
    module,
    run_record,
    sha,
    stored,
    task_record,
)


def test_an_edge_says_which_output_of_which_task_was_input_of_which() -> None:
    made = run_record(
        task_record("prepare", outputs=[stored("table.csv", "1", "prepare")]),
        task_record("model", parents=["prepare"], inputs=[given("table.csv", "1", "prepare")]),
    )
    assert made["edges"] == [{"from": "prepare", "to": "model", **stored("table.csv", "1", "prepare")}]


def test_a_module_stands_once_for_each_container_that_it_was() -> None:
    made = run_record(
        task_record("a", modules=[module(requested="fsl", status="default")]),
        task_record("b", modules=[module(), module("ants/2.5.4", via="module file")]),
        task_record("c", modules=[module(date="20260601")]),
        task_record("d", modules=[module(requested="", status="loaded", by="notebook")]),
    )
    found = [
        (tool["module"], tool["container"][-8:], tool["requested"], tool["tasks"]) for tool in made["tools"]
    ]
    assert found == [
        ("fsl/6.0.7.16", "20250101", ["fsl", "fsl/6.0.7.16"], ["a", "b", "d"]),
        ("ants/2.5.4", "20250101", ["ants/2.5.4"], ["b"]),
        ("fsl/6.0.7.16", "20260601", ["fsl/6.0.7.16"], ["c"]),
    ]


def test_modules_that_were_not_there_are_kept_apart() -> None:
    gone = {"module": "", "container": "", "via": "", "status": "unknown"}
    made = run_record(task_record("a", modules=[module("x/1", **gone), module("y/2", **gone)]))
    assert [(tool["module"], tool["requested"]) for tool in made["tools"]] == [("", ["x/1"]), ("", ["y/2"])]


def test_packages_stand_once_and_records_refer_to_them() -> None:
    made = run_record(task_record("a"), task_record("b"), task_record("c", packages_sha256=sha("e")))
    assert made["packages"] == {sha("d"): {"numpy": "2.1.0"}, sha("e"): {"numpy": "2.1.0"}}
    assert all("packages" not in task["record"] for task in made["tasks"])


def test_a_repository_that_was_published_anew_meanwhile_stands_twice() -> None:
    old = task_record("a")
    new = task_record("b", cvmfs={**old["cvmfs"], "revision": "8", "root_hash": "beef"})
    made = run_record(old, new, task_record("c", cvmfs=None), task_record("d"))
    assert [(one["revision"], one["tasks"]) for one in made["repositories"]] == [
        ("7", ["a", "d"]),
        ("8", ["b"]),
    ]


def test_tasks_without_a_record_appear_with_their_state() -> None:
    made = run_record(
        task_record("a", exit_status=1),
        states={"later": "SKIPPED", "curl": "SUCCEEDED"},
        components=("curl",),
    )
    later, curl = made["tasks"][1:]
    assert (later["kind"], later["state"], later["started"], later["record"]) == (
        "generic",
        "SKIPPED",
        None,
        None,
    )
    assert (curl["kind"], curl["state"], curl["reference"], curl["image"]) == (
        "component",
        "SUCCEEDED",
        None,
        IMAGE,
    )


def test_each_task_names_its_own_record_by_key_and_hash() -> None:
    record = task_record("a")
    (task,) = run_record(record)["tasks"]
    content = as_file(record)
    assert task["reference"] == {
        "key": "pre/study/run/a/task-record.json",
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
    }


def test_findings_of_all_tasks_stand_together_and_parameters_too() -> None:
    made = run_record(
        task_record("a", findings=[finding()], parameters={"n": 3}),
        task_record("b", findings=[finding("error")], parameters={"n": 3, "who": "sub-01"}),
    )
    assert [(one["task"], one["severity"]) for one in made["findings"]] == [("a", "warning"), ("b", "error")]
    assert made["parameters"] == {"n": 3, "who": "sub-01"}


def test_the_same_run_gives_the_same_bytes_again() -> None:
    records = [task_record("a", modules=[module()]), task_record("b")]
    assert json.dumps(run_record(*records)) == json.dumps(run_record(*records))
