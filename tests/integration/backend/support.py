"""A real backend in a temporary home, and packages of small shell tasks compiled by kfp."""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kfp
import requests
from kfp import compiler, dsl

from elyra_neurodesk.backend import lifecycle
from elyra_neurodesk.backend.access_token import read_token
from elyra_neurodesk.backend.home import BackendState, Home
from elyra_neurodesk.backend.ports import choose_port

ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")


@dataclass
class Server:
    """A backend that runs."""

    home: Home
    state: BackendState
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.state.port}"

    def session(self) -> requests.Session:
        """Return a session whose requests carry the token."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {read_token(self.home.token)}"
        return session

    def client(self) -> kfp.Client:
        return kfp.Client(host=self.state.api_url, existing_token=read_token(self.home.token))

    def kill(self) -> None:
        """End the server as a power cut would; the pods stay."""
        os.kill(self.state.server.pid, signal.SIGKILL)
        wait_until(lambda: not self.state.server.alive(), 5)

    def up(self, **options: Any) -> None:
        self.state = start(self.home, self.said, **options)

    def down(self) -> None:
        lifecycle.down(self.home, self.said.append)


def start(home: Home, said: list[str], **options: Any) -> BackendState:
    if home.state() is None and "port" not in options:
        port = choose_port(None, first_port(), "--port")
        options |= {"port": port}
    return lifecycle.up(home, lifecycle.Options(**options), said.append)


def first_port() -> int:
    """Return where to look for free ports: apart for each worker, whose backends run beside others'."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return 20000 + worker % 20 * 600 + os.getpid() % 10 * 60


def wait_until(condition: Callable[[], Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def wait_for_end(client: kfp.Client, run_id: str, seconds: float = 40) -> Any:
    """Return the run once it has ended (kfp's own wait sleeps 5 s between looks and ignores CANCELED)."""
    end = time.monotonic() + seconds
    while (run := client.get_run(run_id)).state not in ENDED:
        assert time.monotonic() < end, f"run {run_id} is still {run.state}"
        time.sleep(0.05)
    return run


def states(run: Any) -> dict[str, str]:
    return {task.display_name: task.state for task in run.run_details.task_details}


def compile_package(
    file: Path,
    tasks: Mapping[str, tuple[Sequence[str], str]],
    adjust: Callable[[str, dsl.PipelineTask], Any] = lambda name, task: None,
    name: str = "shell-tasks",
) -> str:
    """Compile tasks (name to parents and ``sh`` script) with kfp and return the file's name."""

    @dsl.pipeline(name=name)
    def pipeline():
        made: dict[str, Any] = {}
        for task_name, (parents, script) in tasks.items():
            made[task_name] = _component(task_name, script)()
            made[task_name].after(*(made[parent] for parent in parents))
            made[task_name].set_caching_options(False)
            adjust(task_name, made[task_name])

    compiler.Compiler().compile(pipeline, str(file))
    return str(file)


def _component(name: str, script: str) -> Any:
    def step():
        return dsl.ContainerSpec(image="none", command=["sh", "-c", script, name])

    step.__name__ = name.replace("-", "_")
    return dsl.container_component(step)
