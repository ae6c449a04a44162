"""Whether a task may be a fork depends on its specification, too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from elyra_neurodesk.backend.pod.forked_task import variables_of_spec
from elyra_neurodesk.bootstrapper import ARGUMENTS
from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND, own_arguments
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import write_document
from elyra_neurodesk.storage.location import StorageLocation


def arguments(tmp_path: Path) -> list[str]:
    """Store a document with one task, and return the container's arguments."""
    store = StorageLocation(tmp_path.as_uri(), "bucket", "pre fix")
    spec = TaskSpec("P", "p", "one", "One", "a.py", "0" * 64, store, env={"OMP_NUM_THREADS": "1"})
    document = write_document([spec])
    sha256 = hashlib.sha256(document).hexdigest()
    path = tmp_path / "bucket" / store.specs_key(sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(document)
    return [store.url(store.bootstrapper_key("0" * 64)), sha256, "run", "one"]


def test_the_variables_of_a_specification_count_as_the_pods_do(tmp_path: Path) -> None:
    given = arguments(tmp_path)
    assert variables_of_spec([*CONTAINER_COMMAND, *given], {}) == {"OMP_NUM_THREADS": "1"}
    file = tmp_path / "arguments.json"
    file.write_text(json.dumps(given))
    words = [*CONTAINER_COMMAND, given[0]]
    assert variables_of_spec(words, {ARGUMENTS: str(file)}) == {"OMP_NUM_THREADS": "1"}


def test_a_specification_that_cannot_be_read_is_left_to_the_task(tmp_path: Path) -> None:
    url, sha256, run, task = arguments(tmp_path)
    for given in ([], [url], [url, "0" * 64, run, task], [url, sha256, run], [url, sha256, run, "other"]):
        assert variables_of_spec([*CONTAINER_COMMAND, *given], {}) == {}
    assert variables_of_spec(CONTAINER_COMMAND, {ARGUMENTS: str(tmp_path / "none")}) == {}


def test_start_scripts_of_this_version_and_of_0_1_are_known() -> None:
    first = "p=python3 m=elyra_neurodesk.bootstrapper t=/dev/termination-log\nexec $p"
    assert own_arguments(CONTAINER_COMMAND) == 0
    assert own_arguments(["sh", "-c", first]) == 1
    assert own_arguments(["sh", "-c", "echo"]) is None
    assert own_arguments([]) is None
