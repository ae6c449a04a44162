from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.bootstrapper.store import ObjectStore
from elyra_neurodesk.bootstrapper.store_errors import StoreError, StoreUnreachable, WrongCredentials
from tests.support.objectstore import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def test_a_refused_connection_is_tried_five_times_and_then_not_again(tmp_path: Path) -> None:
    pauses: list[float] = []
    endpoint = f"http://127.0.0.1:{free_port()}"
    store = ObjectStore(Store(endpoint, "bucket"), KEYS, sleep=pauses.append)
    with pytest.raises(StoreUnreachable, match="connection refused") as caught:
        store.read("key")
    assert caught.value.exit_status == 13
    assert endpoint in caught.value.message
    assert len(pauses) == 4
    assert sum(pauses) <= 7.5
    (tmp_path / "x").touch()
    with pytest.raises(StoreUnreachable) as caught:
        store.upload("other", tmp_path / "x")
    assert caught.value.exit_status == 15
    assert len(pauses) == 4


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://h", "http://h/path", "", "http://"])
def test_an_endpoint_that_is_no_url_of_a_host_is_refused(endpoint: str) -> None:
    with pytest.raises(StoreError, match="is not http"):
        ObjectStore(Store(endpoint, "bucket"), KEYS).read("key")


def test_without_credentials_nothing_is_asked() -> None:
    with pytest.raises(WrongCredentials, match="no object-store credentials"):
        ObjectStore(Store("http://127.0.0.1:9", "bucket"), {}).read("key")
