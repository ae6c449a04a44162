from typing import Any

from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec

from elyra_neurodesk.backend.db.rows import (
    AVAILABLE,
    FAILED,
    PENDING,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    RunRow,
    TaskRow,
)
from elyra_neurodesk.backend.package.model import Package
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.backend.scheduler.active import ActiveRun

RUN = RunRow("r", "e", "run", "", "", "", "p", "x", {}, PENDING, AVAILABLE, "t")
GRAPH = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ()}


def active(**changes: dict[str, Any]) -> ActiveRun:
    tasks = {
        name: TaskRow("r", name, position, name, parents, **changes.get(name, {}))
        for position, (name, parents) in enumerate(GRAPH.items())
    }
    return ActiveRun(1, RUN, Package(PipelineSpec(), {}), {}, tasks)


def test_tasks_without_parents_are_ready_first() -> None:
    assert active().ready() == ["a", "e"]


def test_a_success_frees_the_children_that_wait_for_nothing_else() -> None:
    run = active()
    assert run.change("a", state=SUCCEEDED, outputs={"parameters": {"x": 1}}) == ["b", "c"]
    assert run.outputs == {"a": {"parameters": {"x": 1}}}
    assert run.change("b", state=SUCCEEDED) == []
    assert run.change("c", state=SUCCEEDED) == ["d"]


def test_only_what_is_below_a_failure_is_skipped() -> None:
    run = active()
    run.change("b", state=FAILED)
    assert run.descendants("a") == ["c", "d"]
    assert run.descendants("b") == ["d"]
    assert run.descendants("e") == []


def test_a_run_is_finished_when_every_task_is() -> None:
    run = active()
    for name in ("a", "b", "c", "d"):
        run.change(name, state=SUCCEEDED)
    assert not run.finished
    run.change("e", state=SKIPPED)
    assert run.finished


def test_after_a_restart_running_tasks_keep_their_handles_and_succeeded_ones_count() -> None:
    run = active(
        a={"state": SUCCEEDED, "outputs": {"artifacts": {}}},
        b={"state": RUNNING, "pid": 7, "pid_started": 99},
        e={"state": SUCCEEDED},
    )
    assert run.handles == {"b": ProcessHandle(7, 99)}
    assert run.ready() == ["c"]
    assert run.outputs["a"] == {"artifacts": {}}


def test_nothing_starts_in_a_run_that_is_being_ended() -> None:
    run = active()
    run.canceling = True
    assert run.ready() == []
    assert run.change("a", state=SUCCEEDED) == []


def test_thousands_of_tasks_are_handled_in_a_moment() -> None:
    count = 5000
    tasks = {"root": TaskRow("r", "root", 0, "root", ())}
    for number in range(count):
        tasks[f"t{number}"] = TaskRow("r", f"t{number}", number + 1, "", ("root",))
    tasks["join"] = TaskRow("r", "join", count + 1, "", tuple(f"t{number}" for number in range(count)))
    run = ActiveRun(1, RUN, Package(PipelineSpec(), {}), {}, tasks)
    assert len(run.change("root", state=SUCCEEDED)) == count
    freed = [child for number in range(count) for child in run.change(f"t{number}", state=SUCCEEDED)]
    assert freed == ["join"]
