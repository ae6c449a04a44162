"""What the tests of submitting share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from elyra_neurodesk import network
from elyra_neurodesk.kfp_api import idempotent
from tests.support.objectstore import ObjectStore, running_nanio


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all pauses: what is tested is how often and in which order things are tried."""
    monkeypatch.setattr(network, "BACKOFF", 0.01)
    monkeypatch.setattr(network, "RETRY_AFTER_LIMIT", 0.2)
    monkeypatch.setattr(idempotent, "PAUSES", (0.01, 0.05, 0.1, 0.2))


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A real store."""
    pytest.importorskip("nanio")
    with running_nanio(tmp_path_factory.mktemp("nanio")) as running:
        yield running
