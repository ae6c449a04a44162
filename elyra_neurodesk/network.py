"""Failed network calls: which of them are tried again, and what caused them."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any

import urllib3
from urllib3.exceptions import InvalidHeader, ReadTimeoutError

RETRY_AFTER_LIMIT = 20.0
"""Seconds: the longest pause that a server is granted by its Retry-After."""

BACKOFF = 0.3
"""Seconds; pauses before further tries are 2, 4, 8 … times as long."""

TOO_MANY_REQUESTS = 429
_PASSING = (500, 502, 503, 504)  # statuses that often pass by themselves


class BoundedRetry(urllib3.Retry):
    """urllib3's retries with three rules more.

    A server's Retry-After counts up to `RETRY_AFTER_LIMIT`; a request that was refused for there being too
    many (429) was not begun, so it is repeated whatever its method; an answer that did not come in time is
    not waited for again, because the next wait would be as long.
    """

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        """Return the seconds a server asks for, None when it asks for none or cannot be understood."""
        try:
            seconds = super().get_retry_after(response)
        except InvalidHeader:
            return None
        return None if seconds is None else min(seconds, RETRY_AFTER_LIMIT)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Return whether an answer of this status is followed by another try."""
        if status_code == TOO_MANY_REQUESTS:
            return True
        return super().is_retry(method, status_code, has_retry_after)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> BoundedRetry:
        """Count a failed try; raises the error when it is the last."""
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


def retry_policy(total: int = 4, **options: Any) -> BoundedRetry:
    """Return retries with growing, random pauses (0, 0.6, 1.2, 2.4 s and up to 0.3 s more).

    Requests that change something (POST) are repeated only when they cannot have reached the server.

    Args:
        total: tries after the first.
        options: of ``urllib3.Retry``, in place of those set here.
    """
    settings: dict[str, Any] = {
        "other": 0,  # TLS: the next handshake ends like this one
        "redirect": False,  # an API that sends elsewhere is a login page
        "status_forcelist": _PASSING,
        "backoff_factor": BACKOFF,
        "backoff_jitter": BACKOFF,
        "raise_on_status": False,
    }
    return BoundedRetry(total=total, **{**settings, **options})


def causes(problem: BaseException) -> Iterator[BaseException]:
    """Yield ``problem`` and everything below it, once each, outermost first.

    urllib3 and requests wrap the operating system's error in ``args``, in ``reason`` or by chaining, each
    in its own way; this follows all three.
    """
    seen: set[int] = set()
    waiting: list[object] = [problem]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [*current.args, getattr(current, "reason", None), current.__cause__, current.__context__]


def caused_by(problem: BaseException, *kinds: type[BaseException]) -> bool:
    """Return whether ``problem``, or anything below it, is of one of these kinds."""
    return any(isinstance(cause, kinds) for cause in causes(problem))


def root_text(problem: BaseException) -> str:
    """Return the text of the innermost cause that has one: the shortest thing worth telling a user."""
    texts = [str(cause) for cause in causes(problem) if str(cause)]
    return texts[-1] if texts else type(problem).__name__
