"""Run the cases through the real bootstrapper, each in the strictnesses asked for, these at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.pod.warm import WarmProcess
from elyra_neurodesk.bootstrapper.command import CONTAINER_COMMAND
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.workdir import NAME as WORK_DIR
from tests.integration.backend.pod.harness import Bench, only_task, wait, wait_for
from tests.seeded.cases import Case
from tests.seeded.tools import DATA, write_data
from tests.support.kernels import write_bash_kernel
from tests.support.objectstore import ObjectStore
from tests.support.tasks import FORKED, ROOT, RUN_ID, Outcome, record_of, submit, task_arguments

AT_ONCE = 4  # the strictnesses of a case; a task waits for its kernel and for Lmod now and then
TIMEOUT = 120  # seconds


@dataclass(frozen=True)
class Result:
    """What one task left.

    Attributes:
        status: its exit status.
        text: all that it said.
        record: its task record.
        made: text of the files in its working directory, by name, without the notebook itself.
        shown: what each cell of the executed notebook printed, tracebacks left out; empty for a script.
    """

    status: int
    text: str
    record: dict[str, Any] = field(repr=False)
    made: dict[str, str] = field(repr=False)
    shown: tuple[str, ...] = field(repr=False, default=())

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Return the guard's findings from the record."""
        return list(self.record["findings"])


@dataclass(frozen=True)
class Workshop:
    """Where tasks run: an object store, a tree of tools and a home directory of their own."""

    store: ObjectStore
    tree: Path
    root: Path
    _warm: list[WarmProcess] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, case: Case, strict: str) -> Result:
        """Run a case as one task, to its end."""
        work = self.root / strict / case.name
        spec, arguments = self._submit(case, strict, strict)
        environment = self.environment | self.store.environment
        work.mkdir(parents=True)
        done = FORKED.run(arguments, env=environment, cwd=work, timeout=TIMEOUT, merge=True)
        return self._result(case, spec, done.returncode, done.stdout, _texts(work / WORK_DIR, case))

    def in_backend(self, case: Case, how: str) -> Result:
        """Run a case as the embedded backend does: ``forked`` from its warm process, or ``new``."""
        spec, arguments = self._submit(case, "error", f"{how}-error")
        bench = Bench(self.root / how / case.name)
        variables = self._pod_variables()
        words = [*CONTAINER_COMMAND, *arguments]
        attempt = bench.attempt(node=only_task(*words, env=variables | self.store.environment))
        runner = ProcessRunner(bench.config, self.warm() if how == "forked" else None)
        ended = wait(runner, attempt.directory, runner.start(attempt), TIMEOUT)
        text = (attempt.directory / "main.log").read_text("utf-8")
        assert (attempt.directory / "pod.log").read_text("utf-8") == ""
        assert ended.exit_code is not None
        # the work directory may be gone by now; what nobody declared is in the store
        return self._result(case, spec, ended.exit_code, text, _kept(self.store, spec))

    def warm(self) -> WarmProcess:
        """Return the process that tasks are forked from, ready."""
        with self._lock:
            if not self._warm:
                self._warm.append(WarmProcess(self._pod_variables(), self.root / "warm.log"))
                self._warm[0].start()
                wait_for(self._warm[0].ready, TIMEOUT)
        return self._warm[0]

    def close(self) -> None:
        """End that process."""
        for process in self._warm:
            process.close()

    def _pod_variables(self) -> dict[str, str]:
        """Return the environment without what only a new interpreter reads; `python3` is this interpreter."""
        kept = {name: value for name, value in self.environment.items() if not name.startswith("PYTHON")}
        path = os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", os.defpath)))
        return kept | {"PATH": path}

    def _submit(self, case: Case, strict: str, directory: str) -> tuple[TaskSpec, list[str]]:
        spec = submit(
            self.store,
            case.path.name,
            {case.path.name: case.path.read_bytes(), **DATA},
            directory=f"{directory}-{case.name}".replace("_", "-"),
            strict=strict,
            modules=tuple(case.node.get("modules", ())),
            outputs=tuple(case.node.get("outputs", ())),
            parameters=dict.fromkeys(case.parameters, "String"),
            cvmfs=str(self.tree),
        )
        return spec, task_arguments(spec, *(f"{name}={value}" for name, value in case.parameters.items()))

    def _result(self, case: Case, spec: TaskSpec, status: int, text: str, made: dict[str, str]) -> Result:
        return Result(status, text, record_of(self.store, spec), made, _shown(self.store, spec, case))

    def papermill(self, case: Case) -> Outcome:
        """Run a notebook with papermill alone, as anybody would at a prompt."""
        work = self.root / "papermill" / case.name
        write_data(work)
        command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(case.path), "executed.ipynb"]
        for name, value in case.parameters.items():
            command += ["-p", name, value]
        modules = ":".join(str(path) for path in sorted(self.tree.glob("neurodesk-modules/*")))
        lmod = {"LMOD_CMD": "/usr/share/lmod/lmod/libexec/lmod", "MODULEPATH": modules}
        done = subprocess.run(
            command,
            cwd=work,
            env=self.environment | lmod,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        """Return what a task gets: the tree, a home of its own and nothing of this machine's modules."""
        home = self.root / "home"
        home.mkdir(exist_ok=True)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "NEURODESK_", "JUPYTER", "LMOD", "MODULEPATH", "PYTEST"))
        }
        return kept | {
            "HOME": str(home),
            "JUPYTER_PATH": str(self.root / "jupyter"),
            "NEURODESK_CVMFS_ROOT": str(self.tree),
            "PYTHONPATH": str(ROOT),
        }

    def install_bash_kernel(self) -> None:
        """Have a bash kernel."""
        write_bash_kernel(self.root / "jupyter")


class Runs:
    """Runs cases when a test asks for them first, and hands out the results.

    Args:
        workshop: where they run.
        wanted: which case in which strictnesses; ``papermill``, ``forked`` and ``new`` are, too. Those of
            one case run at once.
    """

    def __init__(self, workshop: Workshop, wanted: Iterable[tuple[Case, str]]) -> None:
        self._workshop = workshop
        self._wanted: dict[str, list[str]] = {}
        for case, how in wanted:
            hows = self._wanted.setdefault(case.name, [])
            hows += [how] if how not in hows else []
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._results: dict[tuple[str, str], Future[Any]] = {}

    def __getitem__(self, key: tuple[Case, str]) -> Any:
        case, how = key
        for one in self._wanted.pop(case.name, ()):
            if one == "papermill":
                future = self._pool.submit(self._workshop.papermill, case)
            else:
                run = self._workshop.in_backend if one in ("forked", "new") else self._workshop.run
                future = self._pool.submit(run, case, one)
            self._results[case.name, one] = future
        return self._results[case.name, how].result()

    def close(self) -> None:
        """Forget what has not begun, wait for what has."""
        self._pool.shutdown(cancel_futures=True)


def _texts(directory: Path, case: Case) -> dict[str, str]:
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.name != case.path.name and "__pycache__" not in path.parts:
            found[str(path.relative_to(directory))] = path.read_bytes().decode("utf-8", "replace")
    return found


def _kept(store: ObjectStore, spec: TaskSpec) -> dict[str, str]:
    """Return the text of each file in the store that the task made, by its key in the task's place."""
    place = f"{spec.run_key(RUN_ID, spec.task)}/"
    return {
        key.removeprefix(place): store.get(key).decode("utf-8", "replace")
        for key in store.keys(place)
        if "/undeclared/" in key
    }


def _shown(store: ObjectStore, spec: Any, case: Case) -> tuple[str, ...]:
    """Return what every cell printed, from the executed notebook in the store, if there is one."""
    if not case.kernel:
        return ()
    key = spec.run_key(RUN_ID, spec.task, case.path.name)
    if key not in store.keys(spec.run_key(RUN_ID)):
        return ()
    notebook = json.loads(store.get(key))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    # not what programs write to the descriptor of standard error: ipykernel shows it if it comes in time
    return tuple(
        "".join(_text(output) for output in cell["outputs"] if output.get("name") != "stderr")
        for cell in cells
    )


def _text(output: dict[str, Any]) -> str:
    text = output.get("text", output.get("data", {}).get("text/plain", ""))
    return text if isinstance(text, str) else "".join(text)
