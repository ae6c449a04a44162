"""Reading the causes of a failed network call."""

from __future__ import annotations

from collections.abc import Iterator


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
