"""What another account of the machine gets to see of the embedded backend: nothing."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route

from elyra_neurodesk.backend.app import build_app
from elyra_neurodesk.backend.backend import Backend as Parts
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.token_check import LIVENESS
from tests.support.backend import Backend, processes_of, running_backend, wait_until
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account"),
]

NOBODY = 65534
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PLAIN, ESCAPED, PARAMETER = "plain-secret-of-a-user", "escaped-secret-of-a-user", "parameter-of-a-user"


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    """Return a backend whose home lies in a directory that every account may enter."""
    pytest.importorskip("nanio")
    directory = Path(tempfile.mkdtemp(prefix="nd-accounts-"))
    directory.chmod(0o755)
    try:
        with running_backend(directory) as made:
            yield made
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def as_nobody(work: Callable[[], Any]) -> Any:
    """Return what ``work`` returns, done in a process of another account."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            with os.fdopen(writer, "w") as stream:
                json.dump(work(), stream)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return json.loads(text)


def paths(routes: list[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Yield the paths of an application's routing table, with their parameters as they are written there."""
    for route in routes:
        if isinstance(route, Mount):
            yield from paths(list(route.routes), prefix + route.path)
        else:
            assert isinstance(route, Route)
            yield prefix + route.path


def test_no_route_answers_another_account_but_the_liveness_check(backend: Backend, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    found = sorted({*paths(build_app(Parts(home)).routes), "/", "/nope", "/apis", "/pipeline/apis/v2beta1"})
    assert len(found) > 40
    credentials: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {'x' * 43}"},
        {"Cookie": f"elyra-neurodesk-{backend.port}={'0' * 64}"},
    ]

    def ask() -> list[tuple[str, str, int]]:
        answers = []
        for path in found:
            for method in METHODS:
                for headers in credentials:
                    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=10)
                    connection.request(method, path.replace("{", "").replace("}", ""), headers=headers)
                    answers.append((method, path, connection.getresponse().status))
                    connection.close()
        return answers

    answers = as_nobody(ask)
    assert len(answers) == len(found) * len(METHODS) * len(credentials)
    others = {(method, path, status) for method, path, status in answers if status != 401}
    assert others == {(method, path, 200) for method in ("GET", "HEAD") for path in LIVENESS}


def test_another_account_reads_no_file_of_the_home(backend: Backend) -> None:
    files = [str(path) for path in (backend.path, *backend.path.rglob("*"))]
    files += [str(path) for path in backend.jupyter.home.rglob("neurodesk_this_machine.json")]
    assert str(backend.path / "token") in files
    assert len(files) > 5

    def readable() -> list[str]:
        def opens(file: str) -> bool:
            try:
                os.close(os.open(file, os.O_RDONLY))
            except PermissionError:
                return False
            return True

        return [file for file in files if opens(file)]

    assert as_nobody(readable) == []


def test_what_a_user_typed_is_in_no_command_line_while_a_task_runs(backend: Backend, tmp_path: Path) -> None:
    started = tmp_path / "started"
    said = "os.environ['ESCAPED'] + os.environ['PLAIN'] + typed"
    code = f"import os, pathlib, time\npathlib.Path({str(started)!r}).write_text({said})"
    write_notebook(tmp_path / "waits.ipynb", code, "time.sleep(120)", parameters="typed = ''")
    node = notebook_node(
        "waits",
        "waits.ipynb",
        env_vars=[
            {"env_var": "PLAIN", "value": PLAIN},
            {"env_var": "ESCAPED", "value": f"$(x) {{{{y}}}} {ESCAPED}"},
        ],
        pipeline_parameters=["typed"],
    )
    typed = {"name": "typed", "description": "", "default_value": {"type": "String", "value": PARAMETER}}
    file = write_pipeline(tmp_path / "secrets.pipeline", [node], pipeline_parameters=[typed])
    submitted = backend.submit(file)
    try:
        wait_until(started.exists, 120, "the notebook's first cell")
        assert started.read_text() == f"$(x) {{{{y}}}} {ESCAPED}{PLAIN}{PARAMETER}"
        running = processes_of(str(backend.jupyter.home))

        def command_lines() -> list[str]:
            return [
                Path("/proc", str(pid), "cmdline").read_bytes().decode("utf-8", "replace")
                for pid in running
                if Path("/proc", str(pid)).exists()
            ]

        lines = as_nobody(command_lines)
    finally:
        backend.cli("runs", "cancel", submitted["run_id"], "--runtime-config", "neurodesk_this_machine")
    assert any("pod" in line for line in lines)
    assert any("ipykernel" in line for line in lines)
    token = (backend.path / "token").read_text()
    for secret in (PLAIN, ESCAPED, PARAMETER, token):
        assert [line for line in lines if secret in line] == []
    assert stat.S_IMODE((backend.path / "runs").stat().st_mode) == 0o700
