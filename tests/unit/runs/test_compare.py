"""What differed between two runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from elyra_neurodesk.record.model import RunRecord
from elyra_neurodesk.runs.compare import Comparison, compare
from tests.support.records import file, finding, given, joined, module, sha, stored, task_record


def differences(found: Comparison) -> list[tuple[str, str, Any, Any]]:
    return [(one.kind, one.what, one.a, one.b) for one in found.differences]


def compared(a: dict[str, Any], b: dict[str, Any]) -> list[tuple[str, str, Any, Any]]:
    """Compare two runs of one task with these changes."""
    return differences(compare(joined(task_record(**a)), joined(task_record(**b))))


def content(letter: str) -> dict[str, Any]:
    return {"size": 10, "sha256": sha(letter)}


def test_a_run_does_not_differ_from_itself_nor_by_time_and_host() -> None:
    a = joined(task_record(modules=[module()], outputs=[stored("x", "1", "prepare")]))
    b = joined(
        task_record(
            modules=[module()],
            outputs=[stored("x", "1", "prepare")],
            started="2027-01-01T00:00:00.000Z",
            seconds=9,
            host="elsewhere",
            run_id="other",
        )
    )
    for other in (a, b):
        found = compare(a, other)
        assert found.same
        assert found.compared == ("prepare",)


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ({"parameters": {"n": 1}}, {"parameters": {"n": 2}}, ("parameters", "n", 1, 2)),
        ({"parameters": {"n": 1}}, {"parameters": {"n": True}}, ("parameters", "n", 1, True)),
        ({"parameters": {"n": 1}}, {"parameters": {}}, ("parameters", "n", 1, None)),
        (
            {"source": file("prepare.ipynb", "1")},
            {"source": file("prepare.ipynb", "2")},
            ("code", "prepare.ipynb", content("1"), content("2")),
        ),
        (
            {"files": [file("lib/helper.py", "1")]},
            {"files": [file("lib/helper.py", "2")]},
            ("code", "lib/helper.py", content("1"), content("2")),
        ),
        ({"files": [file("t1.nii", "1")]}, {"files": []}, ("data", "t1.nii", content("1"), None)),
        ({"archive": sha("1")}, {"archive": sha("2")}, ("code", "archive", sha("1"), sha("2"))),
        (
            {"inputs": [given("in.csv", "1", "up")]},
            {"inputs": [given("in.csv", "2", "up")]},
            ("data", "in.csv", content("1"), content("2")),
        ),
        (
            {"modules": [module()]},
            {"modules": [module(date="20260601")]},
            ("tools", "fsl", "fsl/6.0.7.16 (fsl_6.0.7.16_20250101)", "fsl/6.0.7.16 (fsl_6.0.7.16_20260601)"),
        ),
        (
            {"modules": [module()]},
            {"modules": [module("fsl/6.0.4")]},
            ("tools", "fsl", "fsl/6.0.7.16 (fsl_6.0.7.16_20250101)", "fsl/6.0.4 (fsl_6.0.4_20250101)"),
        ),
        (
            {"modules": []},
            {"modules": [module(module="", container="", via="", status="unknown")]},
            ("tools", "fsl", None, "not there"),
        ),
        ({"python": "3.12.0"}, {"python": "3.13.1"}, ("environment", "Python", "3.12.0", "3.13.1")),
        ({"strict": "warn"}, {"strict": "off"}, ("environment", "strict", "warn", "off")),
        (
            {"outputs": [stored("x", "1", "prepare")]},
            {"outputs": [stored("x", "2", "prepare")]},
            ("results", "x", content("1"), content("2")),
        ),
        ({"findings": []}, {"findings": [finding()]}, ("results", "findings", None, "ND-GUARD-002")),
    ],
)
def test_each_thing_that_differs_is_told_alone(a: Any, b: Any, told: Any) -> None:
    assert compared(a, b) == [told]


def test_the_mount_point_of_a_container_is_no_difference() -> None:
    elsewhere = module()["container"].replace("/cvmfs", "/mnt/cvmfs")
    assert compared({"modules": [module()]}, {"modules": [module(container=elsewhere)]}) == []


def test_a_repository_published_anew_is_a_difference_of_the_tools() -> None:
    cvmfs = task_record()["cvmfs"]
    assert compared({}, {"cvmfs": {**cvmfs, "revision": "8"}}) == [("tools", "CVMFS revision", "7", "8")]


def test_packages_and_images_are_told_by_name() -> None:
    digests = [f"example.org/x:1@sha256:{sha(letter)}" for letter in "12"]
    images = [{"reference": one, "digest": one.partition("@")[2], "used": True} for one in digests]
    a = {"packages": {"numpy": "2.0.0", "scipy": "1.0"}, "packages_sha256": sha("1"), "image": images[0]}
    b = {"packages": {"numpy": "2.1.0", "nibabel": "5.0"}, "packages_sha256": sha("2"), "image": images[1]}
    assert compared(a, b) == [
        ("environment", "image", digests[0], digests[1]),
        ("environment", "image digest", f"sha256:{sha('1')}", f"sha256:{sha('2')}"),
        ("environment", "package numpy", "2.0.0", "2.1.0"),
        ("environment", "package scipy", "1.0", None),
        ("environment", "package nibabel", None, "5.0"),
    ]


def test_a_failure_is_told_with_state_status_and_error() -> None:
    error = {"code": "ND-RUN-001", "message": "it raised", "hint": ""}
    assert compared({}, {"exit_status": 1, "error": error}) == [
        ("results", "state", "SUCCEEDED", "FAILED"),
        ("results", "exit status", 0, 1),
        ("results", "error", None, "ND-RUN-001"),
    ]


def test_what_is_the_same_for_several_tasks_is_told_once() -> None:
    a = joined(*(task_record(name, python="3.12.0") for name in "abc"))
    b = joined(*(task_record(name) for name in "abc"))
    (one,) = compare(a, b).differences
    assert (one.what, one.tasks) == ("Python", ("a", "b", "c"))


def two_steps(letter: str, **first: Any) -> RunRecord:
    return joined(
        task_record("prepare", outputs=[stored("t.csv", letter, "prepare")], **first),
        task_record(
            "model", inputs=[given("t.csv", letter, "prepare")], outputs=[stored("r", letter, "model")]
        ),
    )


def test_an_input_that_differs_because_its_maker_differed_follows_from_that() -> None:
    found = compare(two_steps("1", parameters={"n": 1}), two_steps("2", parameters={"n": 2}))
    assert [(one.kind, one.what, one.tasks, one.follows) for one in found.differences] == [
        ("parameters", "n", ("prepare",), ""),
        ("data", "t.csv", ("model",), "prepare"),
        ("results", "t.csv", ("prepare",), ""),
        ("results", "r", ("model",), ""),
    ]
    assert found.unexplained == ()


def test_outputs_that_differ_for_no_recorded_reason_are_pointed_out() -> None:
    assert compare(two_steps("1"), two_steps("2")).unexplained == ("prepare",)


def test_tasks_that_only_one_run_has_and_those_without_a_record_are_named() -> None:
    a = joined(task_record("both"), task_record("old"), states={"lost": "SUCCEEDED", "never": "SKIPPED"})
    b = joined(task_record("both"), task_record("new"), states={"lost": "SUCCEEDED", "never": "SKIPPED"})
    found = compare(a, b)
    assert (found.only_a, found.only_b, found.compared) == (("old",), ("new",), ("both",))
    assert found.unrecorded == ("lost",)
    assert not found.same
    assert found.to_json()["tasks"]["only_b"] == ["new"]


def test_a_catalog_component_is_compared_by_state_and_image() -> None:
    a = joined(states={"curl": "SUCCEEDED"}, components=("curl",))
    b = replace(a, tasks=(replace(a.tasks[0], state="FAILED", image="other:1"),))
    assert differences(compare(a, b)) == [
        ("environment", "image", a.tasks[0].image, "other:1"),
        ("results", "state", "SUCCEEDED", "FAILED"),
    ]
