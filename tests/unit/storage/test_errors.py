"""What a failure of the object store is, and what a command and a task say of it."""

from __future__ import annotations

import pytest

from elyra_neurodesk.storage import errors
from elyra_neurodesk.storage.errors import Action, ErrorClass, Failure, classify_answer

CLIENT = errors.ClientErrors("http://store:9000", "bucket", "here", 60.0)
TASK = errors.TaskErrors("http://store:9000", "bucket")


@pytest.mark.parametrize(
    ("code", "status", "error_class", "retry"),
    [
        ("AccessDenied", 403, ErrorClass.FORBIDDEN, False),
        ("SomethingNew", 403, ErrorClass.FORBIDDEN, False),
        ("SignatureDoesNotMatch", 403, ErrorClass.WRONG_CREDENTIALS, False),
        ("RequestTimeTooSkewed", 403, ErrorClass.CLOCK_SKEW, False),
        ("NoSuchBucket", 404, ErrorClass.NO_BUCKET, False),
        ("NoSuchKey", 404, ErrorClass.NO_OBJECT, False),
        ("SlowDown", 503, ErrorClass.FAILED, True),
        ("RequestTimeout", 400, ErrorClass.FAILED, True),
        ("QuotaExceeded", 400, ErrorClass.OTHER, False),
        ("", 502, ErrorClass.FAILED, True),
        ("", 403, ErrorClass.FORBIDDEN, False),
        ("", 200, ErrorClass.NOT_S3, False),
    ],
)
def test_an_answer_is_classified_by_code_then_by_status(
    code: str, status: int, error_class: ErrorClass, retry: bool
) -> None:
    found = classify_answer(code, status, "two\nlines.")
    assert (found.error_class, found.retry) == (error_class, retry)
    assert "\n" not in found.reason


@pytest.mark.parametrize(
    ("error_class", "here", "in_task"),
    [
        (ErrorClass.REFUSED, "ND-STORE-101", "ND-STORE-002"),
        (ErrorClass.UNKNOWN_HOST, "ND-STORE-101", "ND-STORE-002"),
        (ErrorClass.TLS, "ND-STORE-101", "ND-STORE-002"),
        (ErrorClass.NO_CONNECTION, "ND-STORE-101", "ND-STORE-002"),
        (ErrorClass.TIMEOUT, "ND-STORE-108", "ND-STORE-002"),
        (ErrorClass.FAILED, "ND-STORE-107", "ND-STORE-002"),
        (ErrorClass.FORBIDDEN, "ND-STORE-102", "ND-STORE-003"),
        (ErrorClass.WRONG_CREDENTIALS, "ND-STORE-102", "ND-STORE-004"),
        (ErrorClass.CLOCK_SKEW, "ND-STORE-102", "ND-STORE-004"),
        (ErrorClass.NO_BUCKET, "ND-STORE-103", "ND-STORE-005"),
        (ErrorClass.NO_OBJECT, "ND-STORE-104", "ND-STORE-006"),
        (ErrorClass.NOT_S3, "ND-STORE-106", "ND-STORE-001"),
        (ErrorClass.NOT_PERMITTED, "ND-STORE-102", "ND-STORE-003"),
        (ErrorClass.FULL, "ND-STORE-109", "ND-STORE-007"),
        (ErrorClass.OTHER, "ND-STORE-100", "ND-STORE-001"),
    ],
)
def test_a_failure_has_one_code_here_and_one_in_a_task(
    error_class: ErrorClass, here: str, in_task: str
) -> None:
    failure = Failure(error_class, "why", code="Code")
    of_client, of_task = (made.translate(failure, Action.READ, "some/key") for made in (CLIENT, TASK))
    assert (of_client.code, of_client.exit_status) == (here, 1)
    assert (of_task.code, of_task.exit_status) == (in_task, 13)
    assert "store:9000" in of_client.message or error_class is ErrorClass.NO_OBJECT
    assert "some/key in bucket 'bucket' at http://store:9000: " in of_task.message


def test_every_class_of_errors_is_among_those_cases() -> None:
    cases = test_a_failure_has_one_code_here_and_one_in_a_task.pytestmark[0].args[1]
    assert {case[0] for case in cases} == set(ErrorClass)


def test_a_task_that_cannot_store_ends_with_15() -> None:
    error = TASK.translate(Failure(ErrorClass.FORBIDDEN, "why"), Action.WRITE, "key")
    assert error.exit_status == errors.STORING == 15
    assert "storing key" in error.message


def test_what_is_caught_here_is_caught_in_a_task() -> None:
    for error_class, base in (
        (ErrorClass.NO_OBJECT, errors.NoSuchObject),
        (ErrorClass.NO_BUCKET, errors.NoSuchBucket),
        (ErrorClass.FORBIDDEN, errors.StorageDenied),
        (ErrorClass.REFUSED, errors.StorageUnreachable),
    ):
        failure = Failure(error_class, "why")
        assert isinstance(CLIENT.translate(failure, Action.READ, "k"), base)
        assert isinstance(TASK.translate(failure, Action.READ, "k"), base)
