"""What can go wrong with the object store.

::

    StorageError                    100   here: a command, or the processor
    ├── StorageUnreachable          101
    │   ├── StorageFailed           107
    │   └── StorageTooSlow          108
    ├── StorageDenied               102
    ├── NoSuchBucket                103
    ├── NoSuchObject                104
    ├── NoStorageCredentials        105
    ├── NotAnObjectStore            106
    ├── StoreFull                   109
    └── TaskStorageError            001   in a task: other remedies, and exit statuses of a task
        ├── TaskStorageUnreachable  002   is a StorageUnreachable too, and so on
        ├── TaskAccessForbidden     003
        ├── TaskWrongCredentials    004
        ├── TaskNoSuchBucket        005
        ├── TaskNoSuchObject        006
        └── TaskStoreFull           007

A transport says with an `ErrorClass` what a failure is; `ClientErrors` and `TaskErrors` say it to people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.storage.location import directory_of

FETCHING, STORING = 13, 15
"""Exit statuses of a task."""


class StorageError(NeurodeskError):
    """Common base: the object store did not give what was asked for."""

    code = "ND-STORE-100"
    hint = "Check the object storage endpoint in the runtime configuration."


class StorageUnreachable(StorageError):
    """Nothing answers at the object store's address."""

    code = "ND-STORE-101"
    hint = (
        "Start it: `elyra-neurodesk local up` for the embedded backend; for a cluster check the object "
        "storage endpoint in the runtime configuration and that its port-forward runs."
    )


class StorageDenied(StorageError):
    """The object store does not accept the key, or the key may not read this."""

    code = "ND-STORE-102"
    hint = "Check the object storage user name and password in the runtime configuration."


class NoSuchBucket(StorageError):
    """The bucket does not exist."""

    code = "ND-STORE-103"
    hint = "Check the bucket name in the runtime configuration; submitting a pipeline creates the bucket."


class NoSuchObject(StorageError):
    """The object does not exist."""

    code = "ND-STORE-104"
    hint = "It may have been deleted since."


class NoStorageCredentials(StorageError):
    """The runtime configuration has no key for the object store, and neither has the environment."""

    code = "ND-STORE-105"
    hint = (
        "Set the object storage user name and password in the runtime configuration, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment."
    )


class NotAnObjectStore(StorageError):
    """Something answers, and it does not speak S3."""

    code = "ND-STORE-106"


class StorageFailed(StorageUnreachable):
    """The object store, or a proxy before it, failed or broke the connection, several times in a row."""

    code = "ND-STORE-107"
    hint = "Try again in a minute; when it stays, look at the object store's own log and its free space."


class StorageTooSlow(StorageUnreachable):
    """The object store took the request and did not answer in time."""

    code = "ND-STORE-108"
    hint = "Check the network and whether the object store is overloaded, then try again."


class StoreFull(StorageError):
    """The disk of the object store's directory is full; no part of the object was kept."""

    code = "ND-STORE-109"
    hint = "Free space on the disk that holds the directory, then try again."


class TaskStorageError(StorageError):
    """The object store refused or failed in a way that has no class of its own."""

    code = "ND-STORE-001"
    hint = "Look at the object store's own log."
    exit_status = FETCHING


class TaskStorageUnreachable(TaskStorageError, StorageUnreachable):
    """No answer, or only server errors, after several tries."""

    code = "ND-STORE-002"
    hint = (
        "Check that the object store runs and that its endpoint is one that the task's container can reach."
    )


class TaskAccessForbidden(TaskStorageError, StorageDenied):
    """The credentials are known, but not allowed to do this."""

    code = "ND-STORE-003"
    hint = "Give the credentials in the task's secret read and write access to the bucket."


class TaskWrongCredentials(TaskStorageError, StorageDenied):
    """No credentials, an unknown access key, or a wrong secret key."""

    code = "ND-STORE-004"
    hint = "Check the secret that the runtime configuration names (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)."


class TaskNoSuchBucket(TaskStorageError, NoSuchBucket):
    """The bucket does not exist."""

    code = "ND-STORE-005"
    hint = "Create the bucket, or correct its name in the runtime configuration."


class TaskNoSuchObject(TaskStorageError, NoSuchObject):
    """The object does not exist."""

    code = "ND-STORE-006"
    hint = "Submit the pipeline again; if objects expire in this bucket, lengthen the rule."


class TaskStoreFull(TaskStorageError, StoreFull):
    """The disk of the object store's directory is full; no part of the object was kept."""

    code = "ND-STORE-007"
    hint = "Free space on the disk that holds the directory, then run the task again."


class ErrorClass(Enum):
    """What a failure is, whoever it happens to."""

    REFUSED = auto()  # nothing listens
    UNKNOWN_HOST = auto()
    TLS = auto()
    NO_CONNECTION = auto()  # no answer to a connect
    TIMEOUT = auto()  # no answer to a request
    FAILED = auto()  # a server error, or a connection that broke
    FORBIDDEN = auto()
    WRONG_CREDENTIALS = auto()
    CLOCK_SKEW = auto()
    NO_BUCKET = auto()
    NO_OBJECT = auto()
    NOT_S3 = auto()
    NOT_PERMITTED = auto()  # a directory of another user, or one that cannot be written
    FULL = auto()
    OTHER = auto()


@dataclass(frozen=True)
class Failure:
    """What a transport's exception means.

    Attributes:
        error_class: what it is.
        reason: the same in a few words.
        retry: whether trying again can help.
        code: S3's error code or the HTTP status, "" where the store did not answer.
    """

    error_class: ErrorClass
    reason: str
    retry: bool = False
    code: str = ""


class Action(Enum):
    """What the store was asked for."""

    READ = auto()
    WRITE = auto()


_BY_CODE = {
    "AccessDenied": ErrorClass.FORBIDDEN,
    "AllAccessDisabled": ErrorClass.FORBIDDEN,
    "InvalidAccessKeyId": ErrorClass.WRONG_CREDENTIALS,
    "SignatureDoesNotMatch": ErrorClass.WRONG_CREDENTIALS,
    "AuthorizationHeaderMalformed": ErrorClass.WRONG_CREDENTIALS,
    "InvalidToken": ErrorClass.WRONG_CREDENTIALS,
    "ExpiredToken": ErrorClass.WRONG_CREDENTIALS,
    "RequestTimeTooSkewed": ErrorClass.CLOCK_SKEW,
    "NoSuchBucket": ErrorClass.NO_BUCKET,
    "NoSuchKey": ErrorClass.NO_OBJECT,
    "NoSuchObject": ErrorClass.NO_OBJECT,
    "ResourceNotFound": ErrorClass.NO_OBJECT,
}
_RETRIED = frozenset(
    {"InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "XMinioServerNotInitialized"}
)


def classify_answer(code: str, status: int, message: str) -> Failure:
    """Return what an error answer means.

    Args:
        code: S3's error code (Amazon S3 API reference, "Error responses"), "" when the answer has none.
        status: HTTP status.
        message: the store's own words.
    """
    shown = code or f"HTTP {status}"
    if code in _RETRIED or status >= 500:
        return Failure(ErrorClass.FAILED, f"the store answered {shown}", True, shown)
    if not code:
        error_class = ErrorClass.FORBIDDEN if status in (401, 403) else ErrorClass.NOT_S3
        return Failure(error_class, f"the answer is not an object store's (HTTP {status})", code=shown)
    error_class = _BY_CODE.get(code, ErrorClass.FORBIDDEN if status == 403 else ErrorClass.OTHER)
    return Failure(error_class, f"the store answered {code}: {one_line(message).rstrip('.')}", code=code)


_OWNER = "Check the owner and the permissions of the store's directory, and that its disk is not read-only."


class StorageErrors(Protocol):
    """Says to people what a failure is."""

    def translate(self, failure: Failure, action: Action, key: str) -> StorageError:
        """Return the error for a failure.

        Args:
            failure: what happened.
            action: during what.
            key: of the object, "" where it was about the bucket.
        """

    def unusable(self, reason: str) -> StorageError:
        """Return the error for an endpoint that cannot be asked at all."""


@dataclass(frozen=True)
class ClientErrors:
    """The errors of this machine's commands.

    Attributes:
        endpoint: the store's URL as used here.
        bucket: the bucket's name.
        configuration: name of the runtime configuration whose key is used.
        timeout: seconds after which a request counts as not answered.
    """

    endpoint: str
    bucket: str
    configuration: str
    timeout: float = 0.0

    def translate(self, failure: Failure, action: Action, key: str) -> StorageError:
        """Return the error for a failure."""
        store = f"object store {self.endpoint}"
        doing = "reading from" if action is Action.READ else "writing to"
        match failure.error_class:
            case ErrorClass.FORBIDDEN | ErrorClass.WRONG_CREDENTIALS:
                return StorageDenied(f"{store} denied {doing} bucket '{self.bucket}' ({failure.code}).")
            case ErrorClass.CLOCK_SKEW:
                return StorageDenied(
                    f"{store} has another time than this machine.", "Set this machine's clock."
                )
            case ErrorClass.NO_BUCKET:
                return NoSuchBucket(f"{store} has no bucket '{self.bucket}'.")
            case ErrorClass.NO_OBJECT:
                return NoSuchObject(f"bucket '{self.bucket}' has no object '{key}'.")
            case ErrorClass.NOT_S3:
                why = f" ({failure.code})" if failure.code else f": {failure.reason}"
                return NotAnObjectStore(f"what answers at {self.endpoint} is not an S3 object store{why}.")
            case ErrorClass.REFUSED:
                return StorageUnreachable(f"nothing listens at {store}.")
            case ErrorClass.UNKNOWN_HOST:
                return StorageUnreachable(f"the host of {store} is not known.")
            case ErrorClass.TLS:
                return StorageUnreachable(
                    f"no trusted TLS connection to {store}: {failure.reason}.",
                    "Check http or https in the object storage endpoint; SSL_CERT_FILE names your own "
                    "authority.",
                )
            case ErrorClass.TIMEOUT:
                return StorageTooSlow(f"{doing} {store}: no answer within {self.timeout:g} s.")
            case ErrorClass.NO_CONNECTION:
                return StorageUnreachable(f"{store} does not answer.")
            case ErrorClass.FAILED:
                return StorageFailed(f"{doing} {store} failed: {failure.reason}.")
            case ErrorClass.NOT_PERMITTED:
                return StorageDenied(f"{doing} {store} is not permitted: {failure.reason}.", _OWNER)
            case ErrorClass.FULL:
                return StoreFull(f"{doing} {store} failed: {failure.reason}.")
            case ErrorClass.OTHER:
                return StorageError(f"{store}: {failure.reason}.")

    def unusable(self, reason: str) -> StorageError:
        """Return the error for an endpoint that cannot be asked at all."""
        return StorageError(reason)

    def bucket_not_created(self) -> StorageError:
        """Return the error for a bucket that is not there and that the key may not create."""
        return NoSuchBucket(
            f"object store {self.endpoint} has no bucket '{self.bucket}', and the key of runtime "
            f"configuration '{self.configuration}' may not create it.",
            "Create the bucket, or correct its name in the runtime configuration.",
        )


_IN_TASK: dict[ErrorClass, type[TaskStorageError]] = {
    ErrorClass.FORBIDDEN: TaskAccessForbidden,
    ErrorClass.WRONG_CREDENTIALS: TaskWrongCredentials,
    ErrorClass.CLOCK_SKEW: TaskWrongCredentials,
    ErrorClass.NO_BUCKET: TaskNoSuchBucket,
    ErrorClass.NO_OBJECT: TaskNoSuchObject,
    ErrorClass.NOT_S3: TaskStorageError,
    ErrorClass.NOT_PERMITTED: TaskAccessForbidden,
    ErrorClass.FULL: TaskStoreFull,
    ErrorClass.OTHER: TaskStorageError,
}


@dataclass(frozen=True)
class TaskErrors:
    """The errors of a task.

    Attributes:
        endpoint: the store's URL as the task has it.
        bucket: the bucket's name.
    """

    endpoint: str
    bucket: str

    def translate(self, failure: Failure, action: Action, key: str) -> StorageError:
        """Return the error for a failure."""
        kind = _IN_TASK.get(failure.error_class, TaskStorageUnreachable)
        doing = "fetching" if action is Action.READ else "storing"
        directory = directory_of(self.endpoint)
        where = f"{key} in bucket {self.bucket!r} at {self.endpoint}"
        if directory is not None:
            where = str(directory / self.bucket / key)
        reason = f"TLS failed: {failure.reason}" if failure.error_class is ErrorClass.TLS else failure.reason
        hint = _OWNER if failure.error_class is ErrorClass.NOT_PERMITTED else ""
        return with_status(kind(f"{doing} {where}: {reason}.", hint or kind.hint), action)

    def unusable(self, reason: str) -> StorageError:
        """Return the error for an endpoint that cannot be asked at all."""
        return TaskStorageError(reason, "Correct the endpoint in the runtime configuration.")


def with_status(error: StorageError, action: Action) -> StorageError:
    """Give a task's error the exit status of what the task was doing."""
    if isinstance(error, TaskStorageError):
        error.exit_status = FETCHING if action is Action.READ else STORING
    return error
