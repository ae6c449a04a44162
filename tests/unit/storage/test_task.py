"""The object store as a task sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.storage.errors import TaskStorageError, TaskStorageUnreachable, TaskWrongCredentials
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.task import task_storage
from tests.support.objectstore import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def test_a_refused_connection_is_tried_five_times_and_then_not_again(tmp_path: Path) -> None:
    pauses: list[float] = []
    endpoint = f"http://127.0.0.1:{free_port()}"
    store = task_storage(StorageLocation(endpoint, "bucket"), KEYS, sleep=pauses.append)
    with pytest.raises(TaskStorageUnreachable, match="connection refused") as caught:
        store.get("key")
    assert caught.value.exit_status == 13
    assert endpoint in caught.value.message
    assert len(pauses) == 4
    assert sum(pauses) <= 7.5
    (tmp_path / "x").touch()
    with pytest.raises(TaskStorageUnreachable) as caught:
        store.put("other", tmp_path / "x")
    assert caught.value.exit_status == 15
    assert len(pauses) == 4


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://h", "http://h/path", "", "http://"])
def test_an_endpoint_that_is_no_url_of_a_host_is_refused(endpoint: str) -> None:
    with pytest.raises(TaskStorageError, match="is not http"):
        task_storage(StorageLocation(endpoint, "bucket"), KEYS).get("key")


def test_without_credentials_nothing_is_asked() -> None:
    with pytest.raises(TaskWrongCredentials, match="no object-store credentials"):
        task_storage(StorageLocation("http://127.0.0.1:9", "bucket"), {}).get("key")
