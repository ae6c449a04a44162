"""A task that begins as a fork finds what it would have found in a new process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import elyra_neurodesk.bootstrapper.warm
from elyra_neurodesk.backend.pod.environment import MARK
from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.pod.pod import read_handles
from elyra_neurodesk.backend.pod.podfile import base_environment
from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.pod.warm import WarmProcess
from elyra_neurodesk.backend.process_handle import ProcessHandle
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


def cell(source: str) -> tuple[str, dict[str, str]]:
    """Return the name and the files of a notebook of one cell."""
    return "a.ipynb", {"a.ipynb": tasks.make_notebook(source)}


class Tasks:
    """Runs notebooks and scripts as the embedded backend does."""

    def __init__(self, root: Path, store: ObjectStore) -> None:
        self.bench, self.store = Bench(root), store

    def start(
        self,
        warm: WarmProcess | None,
        file: str,
        files: dict[str, str],
        env: Any = None,
        spec: Any = None,
    ) -> Any:
        made = tasks.submit(self.store, file, files, directory=f"task-{self.bench.count}", **(spec or {}))
        node = only_task(
            *CONTAINER_COMMAND, *tasks.task_arguments(made, run_id=RUN),
            env={**self.store.environment, **(env or {})},
        )  # fmt: skip
        attempt = self.bench.attempt(node=node)
        runner = ProcessRunner(CONFIG, warm)
        return runner, attempt, runner.start(attempt)

    def run(self, *given: Any, **more: Any) -> Path:
        """Run a task to its end; the arguments are those of `start`."""
        runner, attempt, handle = self.start(*given, **more)
        result = wait(runner, attempt.directory, handle, 120)
        assert result.succeeded, (result, (attempt.directory / "main.log").read_text("utf-8"))
        return attempt.directory

    def run_cell(self, warm: WarmProcess | None, source: str, **more: Any) -> Path:
        """Run a notebook of one cell to its end; ``more`` as for `start`."""
        return self.run(warm, *cell(source), **more)

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
    text = re.sub(r"/tmp/nd-\d+/[0-9a-f]{12}", "TMPDIR", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "SHA256", text)
    text = re.sub(r'("NEURODESK_GUARD_CALL": )"p[0-9.]+"', r'\1"CALL"', text)
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
    builtin = sys.builtin_module_names
    new["modules"] += [
        name for name in forked["modules"] if re.match(r"_|encodings\.", name) or name in builtin
    ]
    new["modules"] = sorted({*new["modules"]} - {"stringprep"})
    assert "\n".join(differences(new, forked)) == ""


def test_random_numbers_and_names_differ_between_forks(bench_of_tasks: Tasks, warm: WarmProcess) -> None:
    source = "import random, uuid, os\nprint('drawn', random.random(), uuid.uuid4())"
    drawn = set()
    for _ in range(2):
        log = (bench_of_tasks.run_cell(warm, source) / "main.log").read_text("utf-8")
        drawn |= {*re.findall(r"drawn (\S+) (\S+)", log)[0]}
    assert len(drawn) == 4


def test_a_file_that_the_notebook_left_open_is_written_when_its_kernel_ends(
    bench_of_tasks: Tasks, warm: WarmProcess, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    source = f"file = open({str(kept)!r}, 'w')\nwritten = file.write('all of it')"
    bench_of_tasks.run_cell(warm, source)
    assert kept.read_text() == "all of it"


def test_a_module_beside_the_notebook_comes_before_a_library_that_the_backend_has_imported(
    bench_of_tasks: Tasks, warm: WarmProcess
) -> None:
    files = {
        "a.ipynb": tasks.make_notebook(
            "import yaml, requests, tenacity\n"
            "assert yaml.HERE and tenacity.HERE\n"
            "import requests.adapters, xml.etree.ElementTree, jinja2.sandbox, cryptography.hazmat.bindings\n"
            "assert requests.adapters.HTTPAdapter is requests.Session().adapters['http://'].__class__\n"
            "assert requests.__spec__.origin == requests.__file__"
        ),
        "yaml.py": "HERE = True",
        "tenacity/__init__.py": "HERE = True",
    }
    bench_of_tasks.run(warm, "a.ipynb", files)


def test_every_library_that_the_backend_has_imported_can_be_imported_by_a_notebook(
    bench_of_tasks: Tasks, warm: WarmProcess
) -> None:
    source = """\
import importlib, sys, warnings
from pathlib import Path
aside = next(finder for finder in sys.meta_path if type(finder).__name__ == "SetAside")
names = sorted(name for name in aside._modules if not name.startswith("elyra_neurodesk.backend"))
assert len(names) > 500, len(names)
for name in names:
    before = aside._modules.get(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = importlib.import_module(name)
        except ModuleNotFoundError as problem:
            # made by a module of its package, not found on disk
            assert before is not None and before.__spec__ is None or name in sys.modules, (name, problem)
            continue
    assert sys.modules[name] is found and (before is None or found is before), name
import yaml
assert yaml.load("a: [1]", Loader=yaml.CSafeLoader) == {"a": [1]}
"""
    bench_of_tasks.run_cell(warm, source)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [("PYTHONHASHSEED", "0", "ipynb"), ("LD_LIBRARY_PATH", "/nowhere", "py"), ("HOME", "/nowhere", "py")],
)
def test_a_task_whose_variables_only_a_new_interpreter_reads_gets_one(
    bench_of_tasks: Tasks, warm: WarmProcess, name: str, value: str, kind: str
) -> None:
    found = bench_of_tasks.probe(warm, kind, {name: value})
    assert found["environment"][name] == value
    assert "SetAside" not in found["meta_path"]
    assert ("hash_randomization=0" in found["flags"]) == (name == "PYTHONHASHSEED")
    log = (bench_of_tasks.bench.root / "attempt-1/pod.log").read_text("utf-8")
    assert log == f"a new process is started: {name} is read when an interpreter starts\n"


def test_a_kernel_whose_variables_only_a_new_interpreter_reads_gets_one(
    bench_of_tasks: Tasks, warm: WarmProcess, tmp_path: Path
) -> None:
    (tmp_path / "only_here.py").write_text("HERE = True")
    source = "import sys, only_here\nassert not any(type(f).__name__ == 'SetAside' for f in sys.meta_path)"
    directory = bench_of_tasks.run_cell(warm, source, spec={"env": {"PYTHONPATH": str(tmp_path)}})
    assert "a new process" not in (directory / "pod.log").read_text("utf-8")  # the task itself was forked


def test_nothing_of_a_forked_task_is_left_when_it_is_canceled(
    bench_of_tasks: Tasks, warm: WarmProcess
) -> None:
    source = "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\nprint('begun')\ntime.sleep(600)"
    runner, attempt, handle = bench_of_tasks.start(warm, *cell(source))
    wait_for(lambda: "begun" in _text(attempt.directory / "main.log"), 60)
    assert len(_marked(attempt.directory)) >= 3  # the task, its kernel, sleep
    runner.terminate(attempt.directory, handle)
    assert wait(runner, attempt.directory, handle, 30).reason == "canceled"
    assert _marked(attempt.directory) == []


def test_nothing_is_left_when_the_supervisor_of_a_forked_task_is_killed(
    bench_of_tasks: Tasks, warm: WarmProcess
) -> None:
    source = "import time\nprint('begun')\ntime.sleep(600)"
    runner, attempt, handle = bench_of_tasks.start(warm, *cell(source))
    wait_for(lambda: "begun" in _text(attempt.directory / "main.log"), 60)
    _, supervisor = read_handles(attempt.directory)
    os.kill(supervisor.pid, signal.SIGKILL)
    assert wait(runner, attempt.directory, handle).reason == "lost"
    wait_for(lambda: _marked(attempt.directory) == [])


def test_tasks_are_new_processes_after_the_warm_process_was_killed_and_what_it_forked_goes_on(
    bench_of_tasks: Tasks, tmp_path: Path
) -> None:
    own = WarmProcess(base_environment(CONFIG, Path("/")), tmp_path / "log")
    try:
        own.start()
        wait_for(own.ready, 60)
        go = tmp_path / "go"
        script = f"""\
import time, pathlib
print('begun', flush=True)
while not pathlib.Path({str(go)!r}).exists():
    time.sleep(0.05)
print('ended')
"""
        runner, attempt, handle = bench_of_tasks.start(own, "a.py", {"a.py": script})
        wait_for(lambda: "begun" in _text(attempt.directory / "main.log"), 60)
        os.kill(own.pid, signal.SIGKILL)
        other = bench_of_tasks.run(own, "a.py", {"a.py": "import os; print('parent', os.getppid())"})
        go.touch()
        assert wait(runner, attempt.directory, handle, 30).succeeded
        assert "ended" in _text(attempt.directory / "main.log")
        assert "parent" in _text(other / "main.log")
    finally:
        own.close()


def test_a_changed_package_means_new_processes_until_it_is_imported_again(
    tmp_path: Path,
) -> None:
    own = WarmProcess(base_environment(CONFIG, Path("/")), tmp_path / "log")
    file = Path(elyra_neurodesk.bootstrapper.warm.__file__)
    before = file.stat()
    try:
        own.start()
        wait_for(own.ready, 60)
        first = own.pid
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))
        assert own.fork(tmp_path / "POD.json") is None
        assert own.pid not in (0, first)
    finally:
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        own.close()
    assert own.pid == 0


def test_the_warm_process_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from elyra_neurodesk.backend.pod.warm import WarmProcess\n"
        "from elyra_neurodesk.backend.pod.podfile import base_environment\n"
        "from elyra_neurodesk.backend.pod.model import RunnerConfig\n"
        "own = WarmProcess(base_environment(RunnerConfig(), Path('/')), Path(sys.argv[1]))\n"
        "own.start()\n"
        "while not own.ready(): time.sleep(0.05)\n"
        "print(own.pid, flush=True)\ntime.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        handle = ProcessHandle.of(int(server.stdout.readline()))
        assert handle.alive()
        server.kill()
    wait_for(lambda: not handle.alive())


def _text(file: Path) -> str:
    return file.read_text("utf-8", "replace") if file.exists() else ""


def _marked(directory: Path) -> list[int]:
    """Return the processes that have the mark of an attempt in their environment."""
    mark = f"{MARK}={directory}\0".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes():  # empty for a zombie
                found.append(int(entry.name))
    return found
