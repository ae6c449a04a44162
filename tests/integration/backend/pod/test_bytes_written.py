"""Outputs reach the embedded backend's store without being written twice."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import write_document
from elyra_neurodesk.storage.location import StorageLocation
from tests.support import tasks

from .harness import Bench, only_task, wait

MEBIBYTE = 1 << 20
SIZE = 64 * MEBIBYTE
SCRIPT = f"""\
import os
block = os.urandom({MEBIBYTE})
with open("large.bin", "wb") as file:
    for _ in range({SIZE // MEBIBYTE}):
        file.write(block)
"""


def written() -> int:
    """Return the bytes that this process and its children that have ended wrote (proc(5), ``wchar``)."""
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


def test_a_task_with_a_large_output_writes_it_once(tmp_path: Path) -> None:
    bucket = tmp_path / "store" / "bucket"
    content = tasks.make_archive({"a.py": SCRIPT})
    sha256 = hashlib.sha256(content).hexdigest()
    store = StorageLocation(f"file://{bucket.parent}", bucket.name, prefix="p")
    spec = TaskSpec("Pipe", "pipe", "one", "One", "a.py", sha256, store, outputs=("large.bin",))
    archive = bucket / store.archive_key(sha256)
    archive.parent.mkdir(parents=True)
    archive.write_bytes(content)
    words = tasks.task_arguments(spec, run_id="r")
    specs = bucket / store.specs_key(words[1])
    specs.parent.mkdir()
    specs.write_bytes(write_document([spec]))
    bench = Bench(tmp_path)
    attempt = bench.attempt(node=only_task(*CONTAINER_COMMAND, *words))
    before, runner = written(), ProcessRunner(bench.config)
    handle = runner.start(attempt)
    result = wait(runner, attempt.directory, handle, 120)
    while True:  # the counters of a child are added to ours when it is waited for
        try:
            if os.waitpid(handle.pid, 0)[0]:
                break
        except ChildProcessError:
            break
    assert result.succeeded, result
    assert [path.stat().st_size for path in bucket.rglob("large.bin")] == [SIZE]
    assert SIZE <= written() - before < 1.1 * SIZE
