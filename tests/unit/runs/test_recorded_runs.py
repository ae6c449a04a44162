"""Runs as a real Kubeflow Pipelines answered."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.runs.summary import RunSummary, summarize
from tests.support.kubeflow import recording

NOW = datetime(2026, 11, 24, 13, 15, 30, tzinfo=UTC)


def summary(name: str, *tasks: str) -> RunSummary:
    return summarize(recording(name).model(), [SpecTask(task, task, None) for task in tasks], now=NOW)


def states(run: RunSummary) -> dict[str, str]:
    return {task.name: task.state for task in run.tasks}


def test_each_task_is_one_row_and_drivers_and_attempts_are_none() -> None:
    run = summary("hello", "hello")
    assert states(run) == {"hello": "SUCCEEDED"}
    assert [task.name for task in summary("hello").tasks] == ["hello"]


def test_a_task_that_was_tried_several_times_is_one_row_with_its_newest_attempt() -> None:
    model = recording("fail").model()
    details = model.run_details.task_details
    (failed,) = (detail for detail in details if detail.display_name == "fails")
    for second in range(5):
        again = type(failed)(
            display_name="fails", state="FAILED", start_time=failed.start_time.replace(second=second)
        )
        details.append(again)
    newest = type(failed)(
        display_name="fails", state="SUCCEEDED", start_time=failed.start_time.replace(second=59)
    )
    details.insert(0, newest)
    tasks = summarize(model, [SpecTask("fails", "fails", None)]).tasks
    assert [task.state for task in tasks] == ["SUCCEEDED"]
    looped = SpecTask("fails", "fails", None, repeated=True)
    assert len(summarize(model, [looped]).tasks) == 7


def test_what_was_skipped_is_skipped_and_has_no_duration() -> None:
    run = summary("fail", "fails", "after")
    assert states(run) == {"fails": "FAILED", "after": "SKIPPED"}
    assert run.tasks[1].seconds is None


def test_a_failed_driver_is_not_hidden() -> None:
    run = summary("chain", "acquire", "take", "strip", "inform", "tostore", "segment", "save", "report")
    found = states(run)
    assert found["strip"] == "FAILED"
    assert "driver" in run.tasks[2].message
    assert Counter(found.values()) == {"SUCCEEDED": 4, "FAILED": 1, "SKIPPED": 3}


@pytest.mark.parametrize(("name", "task"), [("slow", "slow"), ("wrongimage", "wi")])
def test_a_run_that_was_cancelled_is_cancelled(name: str, task: str) -> None:
    run = summary(name, task)
    assert (run.state, states(run)) == ("CANCELED", {task: "CANCELED"})
    assert summarize(recording(name).model()).state == "CANCELED"


def test_a_run_that_was_retried_after_a_cancel_is_what_it_became() -> None:
    model = recording("slow").model()
    entry = type(model.state_history[0])
    model.state_history += [entry(state="RUNNING"), entry(state="FAILED")]
    assert summarize(model).state == "FAILED"


def test_kfps_stale_word_on_tasks_of_a_run_that_succeeded_is_not_believed() -> None:
    tasks = ["first", *(f"n{number}" for number in range(24))]
    run = summary("wide25", *tasks)
    assert Counter(states(run).values()) == {"SUCCEEDED": 25}
    sources = Counter(task.sources["state"] for task in run.tasks)
    assert sources["run"] > 15
    assert sources["kfp"] >= 1


def test_json_names_the_source_of_each_fact() -> None:
    (task,) = summary("slow", "slow").to_json()["tasks"]
    assert task["sources"] == {"seconds": "kfp", "started": "kfp", "state": "run"}
