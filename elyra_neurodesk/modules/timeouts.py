"""Runs a function with a timeout, also one that hangs in the kernel: on a dead mount, on a name server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def run_with_timeout(seconds: float, function: Callable[[], T]) -> T | None:
    """Return what the function returns, None when it takes longer; it is then left behind in its thread.

    Raises:
        BaseException: what the function raised.
    """
    result: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(function())
        except BaseException as problem:
            failure.append(problem)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    return result[0] if result else None
