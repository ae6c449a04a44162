"""From the API's run to plain data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import kfp_server_api as api

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.runs.summary import TaskSummary, summarize, with_record
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.records import read_task_record, stored

BEGIN = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def detail(
    name: str,
    state: str,
    start: float = 0,
    end: float | None = 0,
    pod: str = "",
    children=(),
    error: str = "",
):
    return api.V2beta1PipelineTaskDetail(
        display_name=name,
        task_id=f"id-{name}",
        pod_name=pod or None,
        state=state,
        start_time=BEGIN + timedelta(seconds=start),
        end_time=EPOCH if end is None else BEGIN + timedelta(seconds=end),
        child_tasks=[api.PipelineTaskDetailChildTask(pod_name=child) for child in children],
        error=api.GoogleRpcStatus(message=error) if error else None,
    )


def run(state: str, details: list, finished: float | None = None, error: str = "") -> api.V2beta1Run:
    return api.V2beta1Run(
        run_id="run-1",
        display_name="demo",
        state=state,
        created_at=BEGIN,
        finished_at=EPOCH if finished is None else BEGIN + timedelta(seconds=finished),
        run_details=api.V2beta1RunDetails(task_details=details),
        error=api.GoogleRpcStatus(message=error) if error else None,
    )


def known(name: str, node: str = "") -> SpecTask:
    spec = (
        TaskSpec("p", "p", f"{name}-dir", node, "f.ipynb", "0" * 64, StorageLocation("http://x", "b"))
        if node
        else None
    )
    return SpecTask(name, name, spec)


def cluster() -> list:
    """What Argo's nodes of a run with one running task and one that has not begun look like."""
    return [
        detail("demo-x7k2p", "RUNNING", pod="demo-x7k2p", children=["p-root-driver"], end=None),
        detail("root-driver", "SUCCEEDED", pod="p-root-driver"),
        detail("root", "RUNNING", pod="p-root", end=None),
        detail("first-driver", "SUCCEEDED", pod="p-first-driver"),
        detail("first", "RUNNING", 10, None, pod="p-first", children=["p-exec"]),
        detail("executor", "RUNNING", 10, None, pod="p-exec"),
    ]


def test_kfps_own_nodes_are_left_out_and_tasks_that_have_not_begun_are_pending() -> None:
    summary = summarize(
        run("RUNNING", cluster()),
        [known("first", "Erster"), known("second")],
        now=BEGIN + timedelta(seconds=14.5),
    )
    assert summary.tasks == (
        TaskSummary(
            "first",
            "Erster",
            "RUNNING",
            BEGIN + timedelta(seconds=10),
            4.5,
            task="first-dir",
            node_id="p-exec",
        ),
        TaskSummary("second", "second", "PENDING"),
    )
    assert (summary.seconds, summary.finished, summary.ended) == (14.5, None, False)


def test_without_the_pipeline_everything_that_is_not_kfps_own_counts() -> None:
    assert [task.name for task in summarize(run("RUNNING", cluster())).tasks] == ["first"]


def test_a_task_that_never_began_in_a_run_that_ended_is_skipped() -> None:
    summary = summarize(
        run("FAILED", [detail("first", "FAILED", 0, 3, error="no\nluck")], 5, "task failed"),
        [known("first"), known("second")],
    )
    assert [(task.state, task.seconds, task.message) for task in summary.tasks] == [
        ("FAILED", 3.0, "no luck"),
        ("SKIPPED", None, ""),
    ]
    assert (summary.message, summary.seconds, summary.succeeded, summary.ended) == (
        "task failed",
        5.0,
        False,
        True,
    )


def test_a_run_without_details_or_state_is_no_problem() -> None:
    summary = summarize(api.V2beta1Run(run_id="x"))
    assert (summary.state, summary.tasks, summary.name) == ("RUNTIME_STATE_UNSPECIFIED", (), "")


def test_a_record_adds_seconds_exit_status_and_error() -> None:
    task = TaskSummary("a", "a", "FAILED", seconds=9.0, message="pod failed")
    error = {"code": "ND-OUTPUT-001", "message": "gone", "hint": "Do."}
    completed = with_record(task, read_task_record(seconds=1.25, exit_status=14, error=error))
    assert (completed.seconds, completed.exit_status, completed.message) == (
        1.25,
        14,
        "ND-OUTPUT-001: gone Do.",
    )
    assert with_record(task, None) is task
    assert with_record(task, read_task_record()).message == "pod failed"


def test_json_of_a_run_has_stable_keys() -> None:
    content = summarize(
        run("SUCCEEDED", [detail("first", "SUCCEEDED", 0, 3)], 5), [known("first")], "http://x"
    ).to_json()
    assert content == {
        "run_id": "run-1",
        "name": "demo",
        "state": "SUCCEEDED",
        "created": "2026-11-22T12:00:00.000+00:00",
        "finished": "2026-11-22T12:00:05.000+00:00",
        "seconds": 5.0,
        "message": "",
        "url": "http://x",
        "tasks": [
            {
                "name": "first",
                "display_name": "first",
                "state": "SUCCEEDED",
                "started": "2026-11-22T12:00:00.000+00:00",
                "seconds": 3.0,
                "exit_status": None,
                "message": "",
                "undeclared": [],
                "pod": "",
                "node": "",
                "progress": "",
                "sources": {"seconds": "kfp", "started": "kfp", "state": "kfp"},
            }
        ],
    }


def test_a_record_adds_what_became_of_undeclared_files() -> None:
    lost = {
        "files": 1,
        "size": 5 << 20,
        "named": [{"path": "a.nii", "size": 5 << 20, "reason": "file limit"}],
    }
    record = read_task_record(
        undeclared=[stored("x.csv", "a", "undeclared")], not_kept={**lost, "complete": True, "problem": ""}
    )
    assert with_record(TaskSummary("a", "a", "SUCCEEDED"), record).undeclared == (
        "1 undeclared file was kept in undeclared/, 10 B; declare it under Output Files for later nodes to "
        "use",
        "1 file was not kept: a.nii, 5.0 MiB; declare it under Output Files",
    )
