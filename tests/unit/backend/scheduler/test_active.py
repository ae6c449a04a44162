from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec

from elyra_neurodesk.backend.db.catalog import Catalog
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import (
    FAILED,
    PENDING,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    InvalidTransition,
    TaskChange,
)
from elyra_neurodesk.backend.package.model import Package
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.backend.scheduler.active import ActiveRun, advance

RUN = RunRow("r", "e", "run", "", "", "", "p", "x", {}, PENDING, AVAILABLE, "t")
GRAPH = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ()}


def active(**changes: dict[str, Any]) -> ActiveRun:
    tasks = {
        name: TaskRow("r", name, position, name, parents, **changes.get(name, {}))
        for position, (name, parents) in enumerate(GRAPH.items())
    }
    return ActiveRun(1, RUN, Package(PipelineSpec(), {}), {}, tasks)


def finish(run: ActiveRun, name: str, **columns: Any) -> list[str]:
    run.apply(TaskChange((name,), RUNNING))
    return run.apply(TaskChange((name,), SUCCEEDED, columns))


def test_tasks_without_parents_are_ready_first() -> None:
    assert active().ready() == ["a", "e"]


def test_a_success_frees_the_children_that_wait_for_nothing_else() -> None:
    run = active()
    assert finish(run, "a", outputs={"parameters": {"x": 1}}) == ["b", "c"]
    assert run.outputs == {"a": {"parameters": {"x": 1}}}
    assert finish(run, "b") == []
    assert finish(run, "c") == ["d"]


def test_only_what_is_below_a_failure_is_skipped() -> None:
    run = active()
    run.apply(TaskChange(("b",), FAILED))
    assert run.descendants("a") == ("c", "d")
    assert run.descendants("b") == ("d",)
    assert run.descendants("e") == ()


def test_a_run_is_finished_when_every_task_is() -> None:
    run = active()
    for name in ("a", "b", "c", "d"):
        finish(run, name)
    assert not run.finished
    run.apply(TaskChange(("e",), SKIPPED))
    assert run.finished


def test_after_a_restart_running_tasks_keep_their_handles_and_succeeded_ones_count() -> None:
    run = active(
        a={"state": SUCCEEDED, "outputs": {"artifacts": {}}},
        b={"state": RUNNING, "pid": 7, "pid_started": "99@boot"},
        e={"state": SUCCEEDED},
    )
    assert run.handles == {"b": ProcessHandle(7, "99@boot")}
    assert run.ready() == ["c"]
    assert run.outputs["a"] == {"artifacts": {}}


def test_nothing_starts_in_a_run_that_is_being_ended() -> None:
    run = active(a={"state": RUNNING})
    run.canceling = True
    assert run.ready() == []
    assert run.apply(TaskChange(("a",), SUCCEEDED)) == []


def test_thousands_of_tasks_are_handled_in_a_moment() -> None:
    count = 5000
    tasks = {"root": TaskRow("r", "root", 0, "root", ())}
    for number in range(count):
        tasks[f"t{number}"] = TaskRow("r", f"t{number}", number + 1, "", ("root",))
    tasks["join"] = TaskRow("r", "join", count + 1, "", tuple(f"t{number}" for number in range(count)))
    run = ActiveRun(1, RUN, Package(PipelineSpec(), {}), {}, tasks)
    assert len(finish(run, "root")) == count
    freed = [child for number in range(count) for child in finish(run, f"t{number}")]
    assert freed == ["join"]


def test_a_change_is_made_in_the_database_and_in_memory(tmp_path: Path) -> None:
    database = Database(tmp_path / "db.sqlite")
    runs, experiment = RunStore(database), Catalog(database).ensure_default_experiment()
    run = active()
    runs.add(replace(RUN, experiment_id=experiment), "text", run.tasks.values())
    assert advance(runs, run, TaskChange(("a",), RUNNING, {"pid": 7, "pid_started": "99@boot"})) == []
    assert run.handles == {"a": ProcessHandle(7, "99@boot")}
    skipped = TaskChange(run.descendants("a"), SKIPPED, {"message": "no"})
    assert advance(runs, run, TaskChange(("a",), FAILED), skipped) == []
    assert runs.tasks("r") == list(run.tasks.values())
    assert [task.state for task in runs.tasks("r")] == [FAILED, SKIPPED, SKIPPED, SKIPPED, PENDING]
    assert run.handles == {}


def test_a_change_that_the_database_refuses_is_not_made_in_memory(tmp_path: Path) -> None:
    runs, run = RunStore(Database(tmp_path / "db.sqlite")), active()
    with pytest.raises(InvalidTransition):
        advance(runs, run, TaskChange(("a",), RUNNING))
    assert run.tasks["a"].state == PENDING
