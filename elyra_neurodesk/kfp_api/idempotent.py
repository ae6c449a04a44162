"""Creating something exactly once, although an answer may get lost on its way.

KFP has no idempotency key. A run's name ends in random digits instead, made once per submission: when a call
ends without an answer, a run of that name tells that the call had reached KFP. Names of pipelines, versions
and experiments are unique in KFP by themselves.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import kfp_server_api
import urllib3.exceptions as wire

from elyra_neurodesk.kfp_api.errors import ApiError
from elyra_neurodesk.network import caused_by

T = TypeVar("T")

TRIES = 3
"""How often something is created at most."""

PAUSES = (0.2, 0.8, 2.0, 4.0)
"""Seconds before each look for what a call without an answer may have created."""

UNREADABLE = (ApiError, kfp_server_api.ApiTypeError, kfp_server_api.ApiValueError, UnicodeDecodeError)
"""What an answer raises that cannot be understood."""

UNKNOWN_FIELD = "unknown field"
"""What KFP's parser says, with HTTP 500, of a field of the platform spec that it does not know."""

_CONFLICT = 409
_INTERNAL_ERROR = 500
_STILL_AT_WORK = (408, 504)  # a proxy gave up waiting; KFP may still be at it


class OutcomeUnknown(Exception):
    """Whether a call created something that must not be created twice cannot be found out.

    Attributes:
        problem: how the call ended.
        looked: whether it was looked for, in vain.
    """

    def __init__(self, problem: Exception, looked: bool) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.looked = looked


def create_if_absent(create: Callable[[], T], find: Callable[[], T | None], *, unique: bool) -> T:
    """Create something, and look whether it is there before creating it again.

    A refusal (HTTP 4xx, or a spec that KFP cannot parse) is final. After a connection that broke and after
    HTTP 5xx it is looked for, and created again when it is not there. After a timeout, and after a failure of
    KFP itself when it is not ``unique``, it is only looked for, because KFP
    may be at it still; after an answer that cannot be understood as well.

    Args:
        create: makes the thing and returns it.
        find: returns the thing when it is there.
        unique: whether KFP refuses to make a second one, so that one look before each try is enough.

    Raises:
        OutcomeUnknown: it is not ``unique``, and may be there, now or soon.
        kfp_server_api.ApiException: it was refused, or KFP failed each time and it is not there.
        urllib3.exceptions.HTTPError: no answer came.
        ApiError and others of `UNREADABLE`: the answer cannot be understood, and it is not there.
    """
    for number in range(TRIES):
        try:
            return create()
        except UNREADABLE:
            with suppress(kfp_server_api.ApiException, wire.HTTPError, *UNREADABLE):
                found = _find_later(find, PAUSES[:1])
                if found is not None:
                    return found
            raise
        except (kfp_server_api.ApiException, wire.HTTPError) as problem:
            if _surely_not_created(problem):
                raise
            try:
                # growing with each try: this is the pause between two tries as well
                found = _find_later(find, PAUSES[number : number + 1] if unique else PAUSES)
            except (kfp_server_api.ApiException, wire.HTTPError, *UNREADABLE) as failure:
                raise (problem if unique else OutcomeUnknown(problem, looked=False)) from failure
            if found is not None:
                return found
            if not unique and _kfp_failed(problem):
                raise OutcomeUnknown(problem, looked=True) from problem
            if _status(problem) == _CONFLICT:
                raise
            if _timed_out(problem) or number == TRIES - 1:
                if unique or _answered(problem):
                    raise
                raise OutcomeUnknown(problem, looked=True) from problem
    raise AssertionError("every try ends above")


def _find_later(find: Callable[[], T | None], pauses: tuple[float, ...]) -> T | None:
    for pause in pauses:
        time.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - only spreads the load
        found = find()
        if found is not None:
            return found
    return None


def _status(problem: Exception) -> int:
    return int(getattr(problem, "status", None) or 0)


def _surely_not_created(problem: Exception) -> bool:
    status = _status(problem)
    if isinstance(problem, kfp_server_api.ApiException):
        if UNKNOWN_FIELD in (problem.body or ""):  # KFP compiles the spec before it makes anything
            return True
        return status < 500 and status not in (_CONFLICT, *_STILL_AT_WORK)
    # never sent: no name, no port, no TLS
    return caused_by(problem, wire.NewConnectionError, wire.ConnectTimeoutError, wire.SSLError)


def _kfp_failed(problem: Exception) -> bool:
    """Return whether KFP itself says that it failed; a proxy's answer has no message in JSON.

    It starts a run's workflow before it stores the run: the workflow may be there without a run to be found.
    """
    if _status(problem) != _INTERNAL_ERROR:
        return False
    try:
        content = json.loads(getattr(problem, "body", "") or "")
    except ValueError:
        return False
    return isinstance(content, dict) and bool({"message", "error_message", "error"} & content.keys())


def _timed_out(problem: Exception) -> bool:
    return isinstance(problem, wire.ReadTimeoutError) or _status(problem) in _STILL_AT_WORK


def _answered(problem: Exception) -> bool:
    return isinstance(problem, kfp_server_api.ApiException) and not _timed_out(problem)
