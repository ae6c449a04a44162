"""Polling a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from elyra_neurodesk.kfp_api.errors import NothingListens, WrongPath
from elyra_neurodesk.runs.poll import StillRunning, changes, poll, waiting_for
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


def snapshot(run: str, **tasks: str) -> RunSummary:
    return RunSummary(
        "r", "demo", run, tasks=tuple(TaskSummary(name, name, state) for name, state in tasks.items())
    )


def answering(*answers: RunSummary | Exception) -> Callable[[], RunSummary]:
    waiting = list(answers)

    def fetch() -> RunSummary:
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return fetch


def test_polling_ends_with_the_final_state() -> None:
    fetch = answering(snapshot("PENDING"), snapshot("RUNNING"), snapshot("FAILED"))
    assert [seen.state for seen in poll(fetch, interval=0)] == ["PENDING", "RUNNING", "FAILED"]


def test_a_server_that_comes_back_is_waited_for_and_reported_once() -> None:
    reported: list[Exception] = []
    away = NothingListens("gone")
    fetch = answering(snapshot("RUNNING"), away, away, snapshot("SUCCEEDED"))
    assert [seen.state for seen in poll(fetch, interval=0, on_unreachable=reported.append)] == [
        "RUNNING",
        "SUCCEEDED",
    ]
    assert reported == [away]


def test_a_server_that_stays_away_is_an_error() -> None:
    fetch = answering(*[NothingListens("gone")] * 3)
    with pytest.raises(NothingListens):
        list(poll(fetch, interval=0.01, max_unreachable=0.005))


def test_an_answer_that_waiting_does_not_mend_is_an_error_at_once() -> None:
    with pytest.raises(WrongPath):
        list(poll(answering(WrongPath("404")), interval=0))


def test_a_time_limit_is_kept() -> None:
    with pytest.raises(StillRunning, match=r"within 0\.05 s"):
        list(poll(lambda: snapshot("RUNNING"), timeout=0.05, interval=0.02))


def test_one_line_per_change_and_none_for_what_stays() -> None:
    first, second = (
        snapshot("RUNNING", a="RUNNING", b="PENDING"),
        snapshot("RUNNING", a="SUCCEEDED", b="PENDING"),
    )
    assert changes(None, first) == ["a: RUNNING", "run r: RUNNING"]
    assert changes(first, second) == ["a: SUCCEEDED"]
    assert changes(second, second) == []


def test_what_a_task_waits_for_is_a_line_once() -> None:
    def waiting(message: str) -> RunSummary:
        return RunSummary("r", "r", "RUNNING", tasks=(TaskSummary("a", "a", "PENDING", message=message),))

    first, second, other = waiting("silent for 61 s"), waiting("silent for 63 s"), waiting("no image")
    assert changes(None, first) == ["a: PENDING: silent for 61 s", "run r: RUNNING"]
    assert changes(first, second) == []
    assert changes(second, other) == ["a: PENDING: no image"]


def test_an_outage_is_reported_again_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Exception] = []
    away = NothingListens("gone")
    monkeypatch.setattr("elyra_neurodesk.runs.poll.NEWS", 0.0)
    list(poll(answering(away, away, snapshot("FAILED")), interval=0, on_unreachable=reported.append))
    assert reported == [away, away]


def test_what_a_run_waits_for_is_one_line() -> None:
    tasks = (
        TaskSummary("a", "a", "RUNNING", seconds=125, progress="3 of 10 cells"),
        TaskSummary("b", "b", "PENDING"),
        TaskSummary("c", "c", "SUCCEEDED"),
    )
    run = RunSummary("r", "r", "RUNNING", seconds=130, tasks=tasks)
    assert (
        waiting_for(run) == "waiting after 2 min 10 s for 1 running: a (2 min 05 s, 3 of 10 cells); 1 pending"
    )
    ended = RunSummary("r", "r", "RUNNING", seconds=130, tasks=tasks[2:])
    assert waiting_for(ended).endswith("for the backend to end the run")
