from dataclasses import replace
from pathlib import Path

import pytest

from elyra_neurodesk.backend.db.catalog import Catalog, NameTaken, NotFound
from elyra_neurodesk.backend.db.database import Database, DatabaseUnusable
from elyra_neurodesk.backend.db.listing import read_listing
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow, now
from elyra_neurodesk.backend.db.state import RunNotEnded, RunStore
from elyra_neurodesk.backend.db.states import (
    CANCELED,
    CANCELING,
    FAILED,
    PENDING,
    RUN_PREDECESSORS,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    TASK_PREDECESSORS,
    InvalidTransition,
    TaskChange,
)

KEYS = {"display_name": "display_name", "created_at": "created_at"}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "db.sqlite")


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return Catalog(database)


@pytest.fixture
def runs(database: Database) -> RunStore:
    return RunStore(database)


def make_run(catalog: Catalog, run_id: str = "r1", name: str = "run") -> RunRow:
    experiment = catalog.ensure_default_experiment()
    return RunRow(run_id, experiment, name, "", "", "", "p", "", {"n": 1}, PENDING, AVAILABLE, now())


def make_tasks(run_id: str = "r1") -> list[TaskRow]:
    return [TaskRow(run_id, "b", 0, "B ü", ()), TaskRow(run_id, "a", 1, "A", ("b",))]


def test_a_run_and_its_tasks_come_back_as_they_were(catalog: Catalog, runs: RunStore) -> None:
    kept = runs.add(make_run(catalog), "text", make_tasks())
    assert runs.run("r1") == kept
    assert runs.tasks("r1") == make_tasks()
    assert catalog.package_text(kept.package) == "text"
    assert catalog.experiment(kept.experiment_id).last_run_created_at == kept.created_at


def test_a_run_with_an_unknown_experiment_leaves_nothing_behind(catalog: Catalog, runs: RunStore) -> None:
    with pytest.raises(NotFound, match="experiment"):
        runs.add(replace(make_run(catalog), experiment_id="nope"), "text", make_tasks())
    with pytest.raises(NotFound):
        runs.run("r1")


def test_changes_of_tasks_keep_types(catalog: Catalog, runs: RunStore) -> None:
    runs.add(make_run(catalog), "text", make_tasks())
    changes = {"exit_code": 0, "outputs": {"parameters": {"x": [1, "ü"]}}}
    runs.advance_tasks("r1", TaskChange(("b",), RUNNING), TaskChange(("b",), SUCCEEDED, changes))
    first = runs.tasks("r1")[0]
    assert (first.state, first.exit_code, first.outputs) == (SUCCEEDED, 0, {"parameters": {"x": [1, "ü"]}})


@pytest.mark.parametrize("after", TASK_PREDECESSORS)
@pytest.mark.parametrize("before", TASK_PREDECESSORS)
def test_a_task_gets_a_state_only_after_those_that_it_may_follow(
    catalog: Catalog, runs: RunStore, before: str, after: str
) -> None:
    runs.add(make_run(catalog), "text", [replace(make_tasks()[0], state=before)])
    if before in TASK_PREDECESSORS[after]:
        runs.advance_tasks("r1", TaskChange(("b",), after))
        assert runs.tasks("r1")[0].state == after
    else:
        with pytest.raises(InvalidTransition, match=after):
            runs.advance_tasks("r1", TaskChange(("b",), after))
        assert runs.tasks("r1")[0].state == before


@pytest.mark.parametrize("after", RUN_PREDECESSORS)
@pytest.mark.parametrize("before", RUN_PREDECESSORS)
def test_a_run_gets_a_state_only_after_those_that_it_may_follow(
    catalog: Catalog, runs: RunStore, before: str, after: str
) -> None:
    runs.add(replace(make_run(catalog), state=before), "text", make_tasks())
    assert runs.advance("r1", after) is (before in RUN_PREDECESSORS[after])
    assert runs.run("r1").state == (after if before in RUN_PREDECESSORS[after] else before)


def test_what_has_ended_only_a_retry_changes() -> None:
    for ended in (SUCCEEDED, FAILED, CANCELED):
        assert {state for state, earlier in RUN_PREDECESSORS.items() if ended in earlier} <= {PENDING}
    for ended in (SUCCEEDED, FAILED, SKIPPED, CANCELED):
        assert {state for state, earlier in TASK_PREDECESSORS.items() if ended in earlier} <= {PENDING}
    assert SUCCEEDED not in RUN_PREDECESSORS[PENDING] | TASK_PREDECESSORS[PENDING]


def test_changes_of_several_tasks_are_made_together_or_not_at_all(catalog: Catalog, runs: RunStore) -> None:
    runs.add(make_run(catalog), "text", make_tasks())
    with pytest.raises(InvalidTransition, match="'a'"):
        runs.advance_tasks("r1", TaskChange(("b",), RUNNING), TaskChange(("a",), SUCCEEDED))
    assert [task.state for task in runs.tasks("r1")] == [PENDING, PENDING]


def test_beginning_does_not_undo_a_cancellation(catalog: Catalog, runs: RunStore) -> None:
    runs.add(make_run(catalog), "text", make_tasks())
    runs.cancel("r1")
    assert not runs.advance("r1", RUNNING, started_at=now())
    assert runs.run("r1").state == CANCELING


def test_cancelling_an_ended_run_changes_nothing(catalog: Catalog, runs: RunStore) -> None:
    runs.add(make_run(catalog), "text", make_tasks())
    assert runs.advance("r1", SUCCEEDED)
    runs.cancel("r1")
    assert runs.run("r1").state == SUCCEEDED


def test_a_running_run_is_not_deleted_and_an_ended_one_is_with_its_package(
    catalog: Catalog, runs: RunStore
) -> None:
    kept = runs.add(make_run(catalog), "text", make_tasks())
    with pytest.raises(RunNotEnded):
        runs.delete("r1")
    assert runs.advance("r1", FAILED)
    runs.delete("r1")
    assert runs.tasks("r1") == []
    with pytest.raises(NotFound):
        catalog.package_text(kept.package)


def test_reopening_resets_only_what_did_not_succeed(catalog: Catalog, runs: RunStore) -> None:
    runs.add(make_run(catalog), "text", [*make_tasks(), TaskRow("r1", "c", 2, "C", ("a",))])
    runs.advance_tasks(
        "r1",
        TaskChange(("a", "b"), RUNNING),
        TaskChange(("b",), SUCCEEDED, {"attempt": 1}),
        TaskChange(("a",), FAILED, {"attempt": 3, "failures": 3, "message": "no"}),
        TaskChange(("c",), SKIPPED, {"message": "no"}),
    )
    with pytest.raises(RunNotEnded):
        runs.reopen("r1")
    assert runs.advance("r1", FAILED, message="no")
    runs.reopen("r1")
    assert [(task.state, task.attempt, task.failures) for task in runs.tasks("r1")] == [
        (SUCCEEDED, 1, 0),
        (PENDING, 3, 0),
        (PENDING, 0, 0),
    ]
    assert runs.active() == ["r1"]


def test_active_runs_are_listed_oldest_first(catalog: Catalog, runs: RunStore) -> None:
    for name in ("z", "a", "m"):
        runs.add(make_run(catalog, name), "text", make_tasks(name))
    assert runs.advance("a", RUNNING)
    assert runs.advance("m", SUCCEEDED)
    assert runs.active() == ["z", "a"]
    assert runs.counts() == {PENDING: 1, RUNNING: 1, SUCCEEDED: 1}
    assert runs.find("z").run_id == "z"
    with pytest.raises(NotFound):
        runs.find("")


def test_pages_show_every_row_once_even_when_rows_arrive_between(catalog: Catalog) -> None:
    for number in range(5):
        catalog.add_pipeline(f"p{number}", "", None)
    query = {"page_size": "2", "sort_by": "display_name desc"}
    seen, token = [], ""
    while True:
        found, token, total = catalog.pipelines(read_listing({**query, "page_token": token}, KEYS))
        seen += [pipeline.display_name for pipeline in found]
        if len(seen) == 2:
            catalog.add_pipeline("p9", "", None)
        if not token:
            break
    assert seen == ["p4", "p3", "p2", "p1", "p0"]
    assert total == 6


def test_names_of_pipelines_versions_and_experiments_are_unique(catalog: Catalog) -> None:
    pipeline = catalog.add_pipeline("p", "", "text")
    with pytest.raises(NameTaken):
        catalog.add_pipeline("p", "", None)
    with pytest.raises(NameTaken):
        catalog.add_version(pipeline.pipeline_id, "p", "", "other")
    catalog.add_experiment("e", "")
    with pytest.raises(NameTaken):
        catalog.add_experiment("e", "")


def test_deleting_a_pipeline_takes_its_versions_along(catalog: Catalog) -> None:
    pipeline = catalog.add_pipeline("p", "", "text")
    version = catalog.latest_version(pipeline.pipeline_id)
    catalog.delete_pipeline(pipeline.pipeline_id)
    with pytest.raises(NotFound):
        catalog.version("", version.version_id)
    with pytest.raises(NotFound):
        catalog.package_text(version.package)


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite").write_text("this is not a database, not at all" * 100)
    with pytest.raises(DatabaseUnusable, match=r"db\.sqlite"):
        Database(tmp_path / "db.sqlite")
