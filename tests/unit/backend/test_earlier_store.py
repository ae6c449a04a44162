"""A home of a version whose object store was a server: its objects stay, its process and its own files go."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from elyra_neurodesk.backend.earlier_store import retire_store
from elyra_neurodesk.backend.home import BUCKET, Home
from elyra_neurodesk.backend.process_handle import start_time
from elyra_neurodesk.storage.client import open_storage
from tests.support.configurations import runtime_configuration
from tests.support.objectstore import running_nanio

OBJECTS = {
    "study/run-1/job/task-record.json": b"{}",
    "study/run-1/job/out/a b.nii.gz": b"image",
    ".elyra-neurodesk/archives/0.tar.gz": b"archive",
}


def test_objects_that_nanio_stored_are_those_of_the_directory(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    (home.store / BUCKET).rmdir()
    with running_nanio(tmp_path, bucket=BUCKET) as nanio:
        for key, content in OBJECTS.items():
            nanio.put(key, content)
    home.store.rmdir()
    nanio.data.rename(home.store)
    left = home.store / BUCKET / "study/run-1/job" / (".tmp." + "0123456789abcdef" * 2)
    left.write_bytes(b"half")
    (home.path / "credentials.json").write_text("{}")

    assert retire_store(home)
    storage = open_storage(runtime_configuration(object_store_endpoint=home.store.as_uri(), bucket=BUCKET))
    assert {item.key: storage.get(item.key) for item in storage.list("")} == OBJECTS
    files = {str(path.relative_to(home.store / BUCKET)) for path in home.store.rglob("*") if path.is_file()}
    assert files == set(OBJECTS)
    assert not (home.path / "credentials.json").exists()
    assert not retire_store(home)


def test_its_process_is_ended_and_a_stranger_with_its_id_is_not(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    started = [
        subprocess.Popen([sys.executable, "-c", "import time;time.sleep(60)", *words])
        for words in (["nanio", "serve"], [])
    ]
    store, stranger = started
    try:
        for process, ends in ((stranger, False), (store, True)):
            state = {"store": {"pid": process.pid, "started": start_time(process.pid)}, "server": None}
            (home.path / "state.json").write_text(json.dumps(state))
            assert retire_store(home) is ends
            assert (process.poll() is not None) is ends
    finally:
        for process in started:
            process.kill()
            process.wait()
