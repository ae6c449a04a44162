"""A proof holds for some seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from elyra_neurodesk.backend import recognition
from elyra_neurodesk.backend.recognition import NotOurServer, prove


def test_a_proof_holds_for_its_port_and_token_and_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    asked: list[tuple[int, str]] = []

    @contextmanager
    def recognized(port: int, token: str) -> Iterator[None]:
        asked.append((port, token))
        if port == 3:
            raise NotOurServer("another program.")
        yield

    monkeypatch.setattr(recognition, "recognized", recognized)
    monkeypatch.setattr(recognition, "_proven", {})
    monkeypatch.setattr(recognition.time, "monotonic", lambda: now)
    for port, token in ((1, "a"), (1, "a"), (2, "a"), (1, "b"), (1, "a")):
        prove(port, token)
    assert asked == [(1, "a"), (2, "a"), (1, "b")]
    now += recognition.PROOF_SECONDS
    prove(1, "a")
    assert len(asked) == 4
    for _ in range(2):  # a failure is not kept
        with pytest.raises(NotOurServer):
            prove(3, "a")
    assert len(asked) == 6
