from collections.abc import Iterator
from pathlib import Path

import pytest

from elyra_neurodesk.backend.home import Home
from tests.integration.backend.support import Server, start


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """Return a backend of the test's own."""
    yield from _serve(tmp_path / "home")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a backend that the tests of a file share."""
    yield from _serve(tmp_path_factory.mktemp("shared") / "home")


def _serve(path: Path) -> Iterator[Server]:
    home = Home(path)
    said: list[str] = []
    made = Server(home, start(home, said), said)
    try:
        yield made
    finally:
        made.down()
