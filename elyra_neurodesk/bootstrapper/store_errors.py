"""What can be wrong with the object store, as a task tells it."""

from __future__ import annotations

from dataclasses import dataclass

from elyra_neurodesk.errors import NeurodeskError, one_line

FETCHING, STORING = 13, 15  # exit statuses


class StoreError(NeurodeskError):
    """The object store refused or failed in a way that has no class of its own."""

    code = "ND-STORE-001"
    hint = "Look at the object store's own log."
    exit_status = FETCHING


class StoreUnreachable(StoreError):
    """No answer, or only server errors, after several tries."""

    code = "ND-STORE-002"
    hint = (
        "Check that the object store runs and that its endpoint is one that the task's container can reach."
    )


class StoreForbids(StoreError):
    """The credentials are known, but not allowed to do this."""

    code = "ND-STORE-003"
    hint = "Give the credentials in the task's secret read and write access to the bucket."


class WrongCredentials(StoreError):
    """No credentials, an unknown access key, or a wrong secret key."""

    code = "ND-STORE-004"
    hint = "Check the secret that the runtime configuration names (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)."


class BucketMissing(StoreError):
    """The bucket does not exist."""

    code = "ND-STORE-005"
    hint = "Create the bucket, or correct its name in the runtime configuration."


class ObjectMissing(StoreError):
    """The object does not exist."""

    code = "ND-STORE-006"
    hint = "Submit the pipeline again; if objects expire in this bucket, lengthen the rule."


BY_CODE: dict[str, type[StoreError]] = {
    "AccessDenied": StoreForbids,
    "AllAccessDisabled": StoreForbids,
    "InvalidAccessKeyId": WrongCredentials,
    "SignatureDoesNotMatch": WrongCredentials,
    "AuthorizationHeaderMalformed": WrongCredentials,
    "RequestTimeTooSkewed": WrongCredentials,
    "InvalidToken": WrongCredentials,
    "ExpiredToken": WrongCredentials,
    "NoSuchBucket": BucketMissing,
    "NoSuchKey": ObjectMissing,
    "NoSuchObject": ObjectMissing,
}
RETRIED_CODES = frozenset(
    {"InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "XMinioServerNotInitialized"}
)


@dataclass(frozen=True)
class Verdict:
    """What a transport's failure means.

    Attributes:
        kind: the error to raise; None for what is no matter of the store.
        reason: a few words.
        again: whether trying again can help.
    """

    kind: type[StoreError] | None
    reason: str = ""
    again: bool = False


def judge_answer(code: str, status: int, message: str) -> Verdict:
    """Return what an S3 error answer means.

    Args:
        code: S3's error code, "" when the answer has none.
        status: HTTP status.
        message: the store's own words.
    """
    if code in RETRIED_CODES or status >= 500:
        return Verdict(StoreUnreachable, f"the store answered {code or f'HTTP {status}'}", True)
    if not code:
        kind: type[StoreError] = StoreForbids if status in (401, 403) else StoreError
        return Verdict(kind, f"the answer is not an object store's (HTTP {status})")
    kind = BY_CODE.get(code, StoreForbids if status == 403 else StoreError)
    return Verdict(kind, f"the store answered {code}: {one_line(message).rstrip('.')}")
