"""The embedded backend, started for real by ``elyra-neurodesk local up`` in a home of a test's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.jupyter import JupyterHome
from tests.support.objectstore import free_port

CLAIM = "cvmfs-neurodesk"
CONFIG = "neurodesk_this_machine"
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
ROOT = Path(__file__).resolve().parents[2]

Json = dict[str, Any]


@dataclass
class Backend:
    """A backend that this test started.

    Attributes:
        jupyter: runs programs in the test's home.
        path: ``ELYRA_NEURODESK_HOME``.
        tree: stands for the claim cvmfs-neurodesk.
        port: the API's.
    """

    jupyter: JupyterHome
    path: Path
    tree: Path
    port: int

    def cli(self, *arguments: str, check: bool = False, timeout: float = 300) -> Any:
        """Run ``elyra-neurodesk`` and return what it did."""
        return self.jupyter.run(*command(*arguments), check=check, timeout=timeout)

    def read(self, *arguments: str) -> Any:
        """Run a command with ``--json`` and return what it printed."""
        return json.loads(self.cli(*arguments, "--json", check=True).stdout)

    def up(self, *options: str, check: bool = True) -> Any:
        """Start what does not run."""
        return self.cli("local", "up", "--claim", f"{CLAIM}={self.tree}", *options, check=check)

    @property
    def state(self) -> Json:
        """What state.json says."""
        return dict(json.loads((self.path / "state.json").read_text("utf-8")))

    def kill(self, what: str) -> None:
        """End the ``server`` as a power cut would."""
        pid = self.state[what]["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not running(pid), 10, f"the end of the {what}")

    def submit(self, file: Path, *options: str) -> Json:
        """Submit a pipeline file and return what ``--json`` tells."""
        return dict(self.read("submit", str(file), "--runtime-config", CONFIG, *options))

    @property
    def token(self) -> str:
        """The backend's token."""
        return (self.path / "token").read_text("ascii")

    def ask(self, url: str) -> Any:
        """Send a GET request with the token and return the answer, to be closed."""
        return ask(url, self.token)

    def run_json(self, run_id: str) -> Json:
        """Ask the API for a run."""
        with self.ask(f"{self.api}/apis/v2beta1/runs/{run_id}") as answer:
            return dict(json.load(answer))

    def runs(self) -> list[Json]:
        """Ask the API for all runs."""
        with self.ask(f"{self.api}/apis/v2beta1/runs?page_size=200") as answer:
            return list(json.load(answer).get("runs", []))

    def pipelines(self) -> list[str]:
        """Ask the API for the names of all pipelines."""
        with self.ask(f"{self.api}/apis/v2beta1/pipelines?page_size=200") as answer:
            return sorted(found["display_name"] for found in json.load(answer).get("pipelines", []))

    def wait(self, run_id: str, seconds: float = 300) -> Json:
        """Wait for a run's end, then return it as ``runs show --json`` has it."""
        wait_until(lambda: self.run_json(run_id)["state"] in ENDED, seconds, f"the end of run {run_id}")
        return self.show(run_id)

    def show(self, run_id: str) -> Json:
        """Return what ``runs show --json`` prints."""
        return dict(self.read("runs", "show", run_id, "--runtime-config", CONFIG))

    @property
    def api(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.port}/pipeline"

    def page(self, path: str) -> str:
        """Return the HTML of a page, by its path below the server's root."""
        with self.ask(f"http://127.0.0.1:{self.port}/{path}") as answer:
            return str(answer.read().decode())

    def run_page(self, run_id: str) -> str:
        """Return the page of a run."""
        return self.page(f"pipeline/runs/{run_id}")

    @property
    def store(self) -> Path:
        """The object store's bucket."""
        return self.path / "store" / "neurodesk"

    def objects(self, prefix: str = "") -> list[str]:
        """Return the names of the objects in the bucket, sorted."""
        files = (path for path in self.store.rglob("*") if path.is_file())
        return sorted(key for path in files if (key := str(path.relative_to(self.store))).startswith(prefix))

    def get(self, key: str) -> bytes:
        """Return an object's content."""
        return (self.store / key).read_bytes()

    def outputs(self, submission: Json) -> dict[str, bytes]:
        """Return what a run's tasks left in the store: ``task/path`` to content."""
        prefix = str(Path(submission["object_storage_path"]).relative_to(self.store)) + "/"
        return {key.removeprefix(prefix): self.get(key) for key in self.objects(prefix)}

    def records(self, submission: Json) -> dict[str, Json]:
        """Return the tasks' records by the tasks' names."""
        end = "/task-record.json"
        found = self.outputs(submission)
        return {key.removesuffix(end): json.loads(text) for key, text in found.items() if key.endswith(end)}

    def logs(self, run_id: str) -> dict[str, str]:
        """Return the text of the log files of a run's attempts, by their path below the run's directory."""
        top = self.path / "runs" / run_id
        return {
            str(path.relative_to(top)): path.read_text("utf-8", "replace")
            for path in sorted(top.rglob("*.log"))
        }


@contextmanager
def running_backend(directory: Path, *options: str, up: bool = True) -> Iterator[Backend]:
    """Run the embedded backend below ``directory`` until the ``with`` ends, then end all its processes.

    Args:
        directory: gets the home, the backend's own directory and a small tree for CVMFS.
        options: more for ``local up``.
        up: False leaves the start to the test.
    """
    jupyter = JupyterHome(directory / "home")
    jupyter.env |= {"ELYRA_NEURODESK_HOME": str(directory / "backend"), "PYTHONPATH": str(ROOT)}
    port = free_port()
    backend = Backend(jupyter, directory / "backend", lay_out(directory / "cvmfs"), port)
    try:
        if up:
            backend.up("--port", str(port), *options)
        yield backend
    finally:
        with suppress(subprocess.TimeoutExpired):
            backend.cli("local", "down", timeout=60)
        end_all(str(jupyter.home))


def ask(url: str, token: str) -> Any:
    """Send a GET request with a bearer token and return the answer, to be closed."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    return urllib.request.urlopen(request, timeout=30)


def command(*arguments: str) -> list[str]:
    """Return the command line of ``elyra-neurodesk`` for this Python."""
    return [sys.executable, "-m", "elyra_neurodesk.cli.main", *arguments]


def lay_out(root: Path) -> Path:
    """Make a tree in the shape of Neurodesk's repository with one tool, ``hello/1.0``."""
    files = {
        "containers/hello_1.0_20260101/hello": '#!/bin/sh\necho "hello from the tree"\n',
        "containers/hello_1.0_20260101/commands.txt": "hello\n",
        "containers/modules/hello/1.0.lua": 'prepend_path("PATH", "/cvmfs/neurodesk.ardc.edu.au/'
        'containers/hello_1.0_20260101")\n',
    }
    files["neurodesk-modules/test/hello/1.0.lua"] = files["containers/modules/hello/1.0.lua"]
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (root / "containers/hello_1.0_20260101/hello").chmod(0o755)
    # without its image, a command that only prints would be a retired one
    (root / "containers/hello_1.0_20260101/hello_1.0_20260101.simg").mkdir()
    return root


def wait_until(condition: Any, seconds: float, what: str) -> None:
    """Wait until ``condition()`` is true, at most ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)


def running(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def processes_of(home: str) -> list[int]:
    """Return the processes whose environment has this home directory, which only a test's own have."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and f"HOME={home}".encode() in (entry / "environ").read_bytes().split(
                b"\0"
            ):
                found.append(int(entry.name))
    return [pid for pid in found if running(pid)]


def end_all(home: str) -> None:
    """Kill the processes of this home, until there are none."""
    for _ in range(50):
        left = processes_of(home)
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
