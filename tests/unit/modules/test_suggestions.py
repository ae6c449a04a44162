from __future__ import annotations

import threading

from elyra_neurodesk.modules.index import ModuleEntry, ModuleIndex, Origin
from elyra_neurodesk.modules.suggestions import Suggestions

INDEX = ModuleIndex(
    Origin("tree", "/x"),
    [ModuleEntry("fsl", "6.0.4"), ModuleEntry("fsl", "6.0.3", retired=True), ModuleEntry("ants", "2.5.4")],
)


def test_suggestions_are_the_modules_that_can_be_used() -> None:
    assert Suggestions(lambda: INDEX).names() == ("ants/2.5.4", "fsl/6.0.4")


def test_a_mount_that_does_not_answer_is_not_waited_for_and_read_once() -> None:
    answer, calls = threading.Event(), []

    def read() -> ModuleIndex:
        calls.append(1)
        answer.wait(30)
        return INDEX

    suggestions = Suggestions(read, patience=0.01)
    assert suggestions.names() == ()
    assert suggestions.names() == ()
    assert len(calls) == 1
    answer.set()
    suggestions._thread.join(30)  # type: ignore[union-attr]
    assert "fsl/6.0.4" in suggestions._names


def test_what_was_read_stays_until_there_is_something_newer() -> None:
    answers = iter([INDEX])
    slow = threading.Event()

    def read() -> ModuleIndex:
        found = next(answers, None)
        if found is None:
            slow.wait(30)
            return ModuleIndex(Origin("none"))
        return found

    suggestions = Suggestions(read, patience=0.2)
    assert suggestions.names() == ("ants/2.5.4", "fsl/6.0.4")
    assert suggestions.names() == ("ants/2.5.4", "fsl/6.0.4")
    slow.set()
