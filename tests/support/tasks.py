"""Put a node's files into an object store and run the bootstrapper on them, as a process."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import write_document
from elyra_neurodesk.bootstrapper.zipapp import zipapp_sha256
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.forkserver import ROOT, ForkServer
from tests.support.objectstore import ObjectStore

FORKED = ForkServer("tests.support.forked_tasks")
RUN_ID = "0123-run"


@dataclass(frozen=True)
class Outcome:
    """What a bootstrapper process left: exit status, stdout and stderr, its lines."""

    status: int
    text: str

    @property
    def last_line(self) -> str:
        """Return the last line that is not empty."""
        return [line for line in self.text.splitlines() if line.strip()][-1]


def make_archive(files: Mapping[str, str | bytes]) -> bytes:
    """Return a ``.tar.gz`` of the files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def make_notebook(*sources: str, kernel: str = "python3", language: str = "python", tags: Any = None) -> str:
    """Return a notebook of code cells; ``tags`` maps a cell's index to its tag."""
    cells = [
        {
            "id": f"cell-{index}",
            "cell_type": "code",
            "execution_count": None,
            "metadata": {"tags": [tags[index]]} if tags and index in tags else {},
            "outputs": [],
            "source": source,
        }
        for index, source in enumerate(sources)
    ]
    spec = {"name": kernel, "display_name": kernel, "language": language}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5})


def submit(store: ObjectStore, file: str, files: Mapping[str, str | bytes], **fields: Any) -> TaskSpec:
    """Upload files as an archive, and the specification of a task that runs ``file``; return that."""
    content = make_archive(files)
    sha256 = hashlib.sha256(content).hexdigest()
    values = {"pipeline": "A pipeline", "directory": "a-pipeline", "task": "one", "node": "One", **fields}
    spec = TaskSpec(
        file=file,
        archive=sha256,
        store=StorageLocation(store.endpoint, store.bucket, prefix="some/prefix"),
        **values,
    )
    store.put(spec.store.archive_key(sha256), content)
    upload_specs(store, spec)
    return spec


def upload_specs(store: ObjectStore, spec: TaskSpec) -> str:
    """Upload the document of a single task, and return its key."""
    document = write_document([spec])
    key = spec.store.specs_key(hashlib.sha256(document).hexdigest())
    store.put(key, document)
    return key


def task_arguments(spec: TaskSpec, *parameters: str, run_id: str = RUN_ID) -> list[str]:
    """Return the bootstrapper's arguments for a task that `submit` returned."""
    url = spec.store.url(spec.store.bootstrapper_key(zipapp_sha256()))
    return [url, hashlib.sha256(write_document([spec])).hexdigest(), run_id, spec.task, *parameters]


def start(
    store: ObjectStore,
    spec: TaskSpec,
    directory: Path,
    parameters: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start the bootstrapper in ``directory``, which is made."""
    command = [sys.executable, "-m", "elyra_neurodesk.bootstrapper", *task_arguments(spec, *parameters)]
    directory.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        command,
        cwd=directory,
        env=_environment(store, environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(
    store: ObjectStore,
    spec: TaskSpec,
    directory: Path,
    parameters: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run the bootstrapper to its end in ``directory``, which is made; forked, which is much faster."""
    directory.mkdir(parents=True, exist_ok=True)
    env = _environment(store, environment)
    done = FORKED.run(task_arguments(spec, *parameters), env=env, cwd=directory, timeout=120, merge=True)
    return Outcome(done.returncode, done.stdout)


def _environment(store: ObjectStore, more: Mapping[str, str] | None) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NEURODESK_"))}
    return {**clean, "PYTHONPATH": str(ROOT), **store.environment, **(more or {})}


def record_of(store: ObjectStore, spec: TaskSpec) -> dict[str, Any]:
    """Return the task's record from the store."""
    record: dict[str, Any] = json.loads(store.get(spec.run_key(RUN_ID, spec.task, "task-record.json")))
    return record
