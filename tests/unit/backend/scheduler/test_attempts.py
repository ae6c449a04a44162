from dataclasses import replace

import pytest
from google.protobuf.duration_pb2 import Duration
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineTaskSpec

from elyra_neurodesk.backend.db.rows import TaskRow
from elyra_neurodesk.backend.db.states import CANCELED, FAILED, PENDING, SUCCEEDED
from elyra_neurodesk.backend.pod.model import Result
from elyra_neurodesk.backend.scheduler.attempts import MAX_LOST_ATTEMPTS, directory_name, outcome_of

TASK = TaskRow("r", "t", 0, "T", (), attempt=1)
RetryPolicy = PipelineTaskSpec.RetryPolicy
NO_RETRY = RetryPolicy()
FAILURE = Result(False, 3, "failed", "it said\nno")
LOST = Result(False, None, "lost", "gone")


def test_a_success_hands_its_outputs_on() -> None:
    result = Result(True, 0, "completed", "", {"parameters": {"x": 1}})
    outcome = outcome_of(TASK, result, NO_RETRY, False)
    assert (outcome.state, outcome.columns["exit_code"]) == (SUCCEEDED, 0)
    assert outcome.columns["outputs"] == {"parameters": {"x": 1}}


def test_a_failure_ends_the_task_with_one_line() -> None:
    outcome = outcome_of(TASK, FAILURE, NO_RETRY, False)
    assert (outcome.state, outcome.columns["exit_code"], outcome.columns["message"]) == (
        FAILED,
        3,
        "it said no",
    )


@pytest.mark.parametrize(("failures", "delay"), [(0, 2.0), (1, 6.0), (2, 10.0)])
def test_retries_wait_longer_each_time_up_to_a_limit(failures: int, delay: float) -> None:
    retry = RetryPolicy(
        max_retry_count=3,
        backoff_duration=Duration(seconds=2),
        backoff_factor=3,
        backoff_max_duration=Duration(seconds=10),
    )
    outcome = outcome_of(replace(TASK, failures=failures), FAILURE, retry, False)
    assert (outcome.state, outcome.delay) == (PENDING, delay)
    assert outcome_of(replace(TASK, failures=3), FAILURE, retry, False).state == FAILED


def test_a_lost_attempt_is_repeated_without_counting_as_a_failure() -> None:
    outcome = outcome_of(TASK, LOST, NO_RETRY, False)
    assert (outcome.state, outcome.columns["lost"], outcome.delay) == (PENDING, 1, 0.0)
    assert "failures" not in outcome.columns


def test_a_task_that_is_lost_again_and_again_fails_at_last() -> None:
    assert outcome_of(replace(TASK, lost=MAX_LOST_ATTEMPTS - 1), LOST, NO_RETRY, False).delay == 30.0
    outcome = outcome_of(replace(TASK, lost=MAX_LOST_ATTEMPTS), LOST, NO_RETRY, False)
    assert outcome.state == FAILED
    assert "21 times" in outcome.columns["message"]


def test_a_canceled_task_is_not_tried_again_but_a_success_counts() -> None:
    assert outcome_of(TASK, FAILURE, RetryPolicy(max_retry_count=5), True).state == CANCELED
    assert outcome_of(TASK, LOST, NO_RETRY, True).state == CANCELED
    assert outcome_of(TASK, Result(True, 0, "completed"), NO_RETRY, True).state == SUCCEEDED


def test_an_attempt_that_was_ended_with_the_backend_runs_again() -> None:
    outcome = outcome_of(TASK, Result(False, 143, "canceled", "x"), NO_RETRY, False)
    assert outcome.state == PENDING
    assert "failures" not in outcome.columns


def test_directories_of_tasks_are_plain_names() -> None:
    assert directory_name(replace(TASK, name="step-2")) == "step-2"
    for name in ("..", "../x", "a/b", "", ".hidden", "ü", "x" * 300):
        assert directory_name(replace(TASK, name=name)) == "_0"
