"""A task that begins as a fork finds what it would have found in a new process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.pod.podfile import base_environment
from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.pod.warm import WarmProcess
from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from tests.support import tasks
from tests.support.objectstore import ObjectStore, running_nanio

from .harness import Bench, only_task, wait, wait_for

CONFIG = RunnerConfig(grace_seconds=2.0)
PROBE = (tasks.ROOT / "tests/data/process_probe.py").read_text("utf-8")
RUN = "0123-run"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    pytest.importorskip("nanio")
    with running_nanio(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmProcess]:
    log = tmp_path_factory.mktemp("warm") / "log"
    process = WarmProcess(base_environment(CONFIG, Path("/")), log)
    process.start()
    wait_for(process.ready, 60)
    yield process
    process.close()
    print(log.read_text("utf-8"))


class Tasks:
    """Runs notebooks and scripts as the embedded backend does."""

    def __init__(self, root: Path, store: ObjectStore) -> None:
        self.bench, self.store = Bench(root), store

    def start(self, warm: WarmProcess | None, file: str, files: dict[str, str], env: Any = None) -> Any:
        spec = tasks.submit(self.store, file, files, directory=f"task-{self.bench.count}")
        node = only_task(
            *CONTAINER_COMMAND, "0" * 64, "http://127.0.0.1:9/", "--run-id", RUN, "--task", spec.to_json(),
            env={**self.store.environment, **(env or {})},
        )  # fmt: skip
        attempt = self.bench.attempt(node=node)
        runner = ProcessRunner(CONFIG, warm)
        return runner, attempt, runner.start(attempt)

    def run(self, warm: WarmProcess | None, file: str, files: dict[str, str], env: Any = None) -> Path:
        runner, attempt, handle = self.start(warm, file, files, env)
        result = wait(runner, attempt.directory, handle, 120)
        assert result.succeeded, (result, (attempt.directory / "main.log").read_text("utf-8"))
        return attempt.directory

    def probe(self, warm: WarmProcess | None, kind: str, env: Any = None, before: str = "") -> dict[str, Any]:
        """Return what `process_probe.py` finds in a kernel (``ipynb``) or a script (``py``)."""
        report = self.bench.root / f"report-{self.bench.count}.json"
        text = f"REPORT = {str(report)!r}\n{before}\n{PROBE}"
        content = tasks.make_notebook(text) if kind == "ipynb" else text
        directory = self.run(warm, f"probe.{kind}", {f"probe.{kind}": content}, env)
        found: dict[str, Any] = json.loads(
            report.read_text("utf-8").replace(str(directory), "DIRECTORY").replace(
                f"task-{self.bench.count - 1}", "task-N"
            )
        )  # fmt: skip
        return found


@pytest.fixture
def bench_of_tasks(tmp_path: Path, store: ObjectStore) -> Tasks:
    return Tasks(tmp_path, store)


def without_ports(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs between two kernels of any kind."""
    text = json.dumps(found)
    text = re.sub(r"tmp[a-z0-9_]{8}\.json|kernel-[-0-9a-f]+\.json", "CONNECTION.json", text)
    text = re.sub(r'"(KFP_POD_(?:NAME|UID))": "[^"]*"', r'"\1": ""', text)
    text = re.sub(r"/tmp/nd-[0-9a-f]{12}", "TMPDIR", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "SHA256", text)
    return dict(json.loads(text))


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            line
            for key in sorted({*one, *other})
            for line in differences(one.get(key), other.get(key), f"{where}/{key}")
        ]
    if (
        isinstance(one, list)
        and isinstance(other, list)
        and all(isinstance(item, str) for item in one + other)
    ):
        missing, more = sorted({*one} - {*other}), sorted({*other} - {*one})
        if missing or more:
            return [f"{where}: without {missing}, with {more}"]
    return [] if one == other else [f"{where}: {one!r} became {other!r}"]


@pytest.mark.parametrize("kind", ["ipynb", "py"])
def test_a_task_finds_the_same_inside_and_outside_as_in_a_new_process(
    bench_of_tasks: Tasks, warm: WarmProcess, kind: str
) -> None:
    new = without_ports(bench_of_tasks.probe(None, kind))
    forked = without_ports(bench_of_tasks.probe(warm, kind))
    assert "a new process" not in (bench_of_tasks.bench.root / "attempt-2/pod.log").read_text()
    forked["meta_path"] = [name for name in forked["meta_path"] if name != "SetAside"]
    # what has no file, so that nothing can come before it
    new["modules"] += [name for name in forked["modules"] if re.match(r"_|encodings\.", name)]
    new["modules"] = sorted({*new["modules"]} - {"stringprep"})
    assert "\n".join(differences(new, forked)) == ""
