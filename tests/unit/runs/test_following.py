"""Watching a run and following its logs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from elyra_neurodesk.kfp_api.errors import NothingListens, WrongPath
from elyra_neurodesk.runs.logs import tail
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary
from elyra_neurodesk.runs.watching import StillRunning, changes, follow


def look(run: str, **tasks: str) -> RunSummary:
    return RunSummary(
        "r", "demo", run, tasks=tuple(TaskSummary(name, name, state) for name, state in tasks.items())
    )


def asking(*answers: RunSummary | Exception) -> Callable[[], RunSummary]:
    waiting = list(answers)

    def ask() -> RunSummary:
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def test_following_ends_with_the_final_state() -> None:
    ask = asking(look("PENDING"), look("RUNNING"), look("FAILED"))
    assert [seen.state for seen in follow(ask, interval=0)] == ["PENDING", "RUNNING", "FAILED"]


def test_a_server_that_comes_back_is_waited_for_and_told_once() -> None:
    told: list[Exception] = []
    away = NothingListens("gone")
    ask = asking(look("RUNNING"), away, away, look("SUCCEEDED"))
    assert [seen.state for seen in follow(ask, interval=0, away=told.append)] == ["RUNNING", "SUCCEEDED"]
    assert told == [away]


def test_a_server_that_stays_away_is_an_error() -> None:
    ask = asking(*[NothingListens("gone")] * 3)
    with pytest.raises(NothingListens):
        list(follow(ask, interval=0.01, patience=0.005))


def test_an_answer_that_waiting_does_not_mend_is_an_error_at_once() -> None:
    with pytest.raises(WrongPath):
        list(follow(asking(WrongPath("404")), interval=0))


def test_a_time_limit_is_kept() -> None:
    with pytest.raises(StillRunning, match=r"within 0\.05 s"):
        list(follow(lambda: look("RUNNING"), timeout=0.05, interval=0.02))


def test_one_line_per_change_and_none_for_what_stays() -> None:
    first, second = look("RUNNING", a="RUNNING", b="PENDING"), look("RUNNING", a="SUCCEEDED", b="PENDING")
    assert changes(None, first) == ["a: RUNNING", "run r: RUNNING"]
    assert changes(first, second) == ["a: SUCCEEDED"]
    assert changes(second, second) == []


def test_a_growing_log_comes_in_pieces_and_a_different_final_one_as_a_whole() -> None:
    looks = [look("RUNNING", a="RUNNING", b="PENDING")] * 2 + [look("FAILED", a="FAILED", b="SKIPPED")] * 2
    logs = {"a": [b"one\n", b"one\ntwo\n", b"other\n"], "b": [None]}

    def read(task: TaskSummary) -> bytes | None:
        return logs[task.name].pop(0)

    seen = [(task.name, new) for task, new in tail(looks, lambda run: run.tasks, read)]
    assert seen == [("a", b"one\n"), ("a", b"two\n"), ("a", b"other\n")]
