"""What can be wrong with the machine: a port that is taken, a state file that lies, a disk that is full."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.backend import CONFIG, Backend, processes_of, running, running_backend
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MEBIBYTE = 1 << 20


def one_script(folder: Path, text: str, **properties: object) -> Path:
    """Write a pipeline of one script called ``job``."""
    folder.mkdir(exist_ok=True)
    (folder / "job.py").write_text(text, "utf-8")
    return write_pipeline(folder / f"{folder.name}.pipeline", [notebook_node("job", "job.py", **properties)])


def refused_up(backend: Backend, *options: str) -> str:
    """Have a ``local up`` that fails, and return its only line; nothing of it is left running."""
    done = backend.up(*options, check=False)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.stdout + done.stderr
    assert done.returncode == 1
    assert processes_of(str(backend.jupyter.home)) == []
    assert not (backend.path / "state.json").exists()
    assert not list((backend.jupyter.home / ".local/share/jupyter/metadata").rglob("*.json"))
    return str(done.stderr)


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with running_backend(tmp_path, up=False) as backend, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = refused_up(backend, "--port", port)
        assert line.startswith("ND-LOCAL-001: ")
        assert f"--port {port}" in line


def test_without_a_port_given_the_next_free_one_is_taken(tmp_path: Path) -> None:
    with running_backend(tmp_path, up=False) as backend, socket.socket() as taken:
        taken.bind(("127.0.0.1", backend.port))
        taken.listen()
        (backend.path).mkdir()
        (backend.path / "config.yaml").write_text(f"port: {backend.port}\n", "utf-8")
        backend.up()
        assert backend.state["port"] != backend.port
        backend.port = backend.state["port"]
        assert backend.runs() == []


STALE = {
    "gone": {"pid": 2**22 - 7, "started": 1234},
    # this test's own process, as it would be if the number had been given again
    "reused": {"pid": os.getpid(), "started": 1},
    "unreadable": None,
}


@pytest.mark.parametrize("kind", STALE)
def test_a_stale_state_file_is_told_and_replaced(tmp_path: Path, kind: str) -> None:
    file = one_script(tmp_path / "job", "print(1)")
    with running_backend(tmp_path) as backend:
        first = backend.submit(file)
        assert backend.wait(first["run_id"])["state"] == "SUCCEEDED"
        state = backend.state
        backend.kill("server")
        lie = STALE[kind]
        text = json.dumps(state | {"server": lie}) if lie else '{"server": {"pid'
        (backend.path / "state.json").write_text(text, "utf-8")
        said = json.loads(backend.cli("local", "status", "--json", check=True).stdout)
        assert said["up"] is False

        done = backend.up()
        told = [line for line in done.stdout.splitlines() if "state.json was left by" in line]
        assert len(told) == (1 if lie else 0), done.stdout
        assert done.stderr == ""
        assert backend.state["port"] == state["port"]
        assert running(backend.state["server"]["pid"])
        assert backend.show(first["run_id"])["state"] == "SUCCEEDED"
        assert backend.wait(backend.submit(file)["run_id"])["state"] == "SUCCEEDED"


@contextmanager
def small_disk(directory: Path, mebibytes: int = 2) -> Iterator[Path]:
    """Have a tmpfs of this size at ``directory``; skips the test where that is not permitted."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a tmpfs")
    directory.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount is refused: {done.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def failure(backend: Backend, run_id: str) -> str:
    """Wait for the run's failure and return its line, which the task's log has as well."""
    run = backend.wait(run_id)
    assert run["state"] == "FAILED", run
    line = str(run["tasks"][0]["message"])
    print(line)
    assert re.match(r"ND-[A-Z]+-\d{3}: ", line), line
    assert line in html_of(backend, run_id)
    return line


def html_of(backend: Backend, run_id: str) -> str:
    """Return the text of a run's page."""
    import html

    return html.unescape(backend.run_page(run_id))


def test_a_full_disk_below_the_store_fails_the_upload_in_one_line(tmp_path: Path) -> None:
    big = "from pathlib import Path\nPath('big.bin').write_bytes(b'x' * (8 << 20))\n"
    file = one_script(tmp_path / "big", big, outputs=["big.bin"])
    with small_disk(tmp_path / "backend" / "store", 4) as disk, running_backend(tmp_path) as backend:
        submission = backend.submit(file)
        line = failure(backend, submission["run_id"])
        assert "big.bin" in line
        assert line.startswith("ND-STORE-007: ")
        assert str(backend.store) in line
        assert re.search(r"full|no space", line, re.I), line
        (kept,) = re.findall(r"(/\S+/jupyter-work-dir)\b(?!\.)", line)
        assert Path(kept, "big.bin").stat().st_size == 8 * MEBIBYTE
        record = json.loads(Path(f"{kept}.reports", "task-record.json").read_text())
        assert record["exit_status"] == 15
        # nothing half done: no object of that name, no remains that fill the disk
        assert not [key for key in backend.objects() if key.endswith("big.bin")]
        assert sum(path.stat().st_size for path in disk.rglob("*") if path.is_file()) < 2 * MEBIBYTE
        small = one_script(tmp_path / "small", "print(1)")
        assert backend.wait(backend.submit(small)["run_id"])["state"] == "SUCCEEDED"


def test_undeclared_files_that_fill_the_store_change_nothing_of_a_tasks_result(tmp_path: Path) -> None:
    text = (
        "from pathlib import Path\n"
        "Path('result.csv').write_text('1')\n"
        "Path('declared.bin').write_bytes(b'd' * (1 << 20))\n"
        "for n in range(9): Path(f'{n}.bin').write_bytes(b'x' * (1 << 20) + b'y' * n)\n"
    )
    file = one_script(tmp_path / "fills", text, outputs=["declared.bin"])
    with small_disk(tmp_path / "backend" / "store", 4), running_backend(tmp_path) as backend:
        submission = backend.submit(file)
        run = backend.wait(submission["run_id"])
        assert run["state"] == "SUCCEEDED", run
        outputs, record = backend.outputs(submission), backend.records(submission)["job"]
        assert len(outputs["job/declared.bin"]) == MEBIBYTE
        assert (record["exit_status"], record["error"]) == (0, None)
        assert outputs["job/undeclared/result.csv"] == b"1"
        assert "job/job.log" in outputs
        for stored in record.get("undeclared", ()):  # none unless the record could be written again
            assert len(outputs[f"job/undeclared/{stored['path']}"]) == stored["size"]
        log = next(text for name, text in backend.logs(submission["run_id"]).items() if "not kept" in text)
        assert re.search(r"\d files were not kept: 8.bin, .*ND-STORE-\d+.* full", log), log


@pytest.mark.parametrize("kind", ["script", "notebook"])
def test_a_full_disk_below_the_tasks_names_the_directory(tmp_path: Path, kind: str) -> None:
    text = "from pathlib import Path\nPath('big.bin').write_bytes(b'x' * (4 << 20))\n"
    folder = tmp_path / "fills"
    folder.mkdir()
    if kind == "script":
        file = one_script(folder, text, outputs=["big.bin"])
    else:
        write_notebook(folder / "job.ipynb", text)
        nodes = [notebook_node("job", "job.ipynb", outputs=["big.bin"])]
        file = write_pipeline(folder / "fills.pipeline", nodes)
    with small_disk(tmp_path / "backend" / "runs"), running_backend(tmp_path) as backend:
        submission = backend.submit(file)
        line = failure(backend, submission["run_id"])
        assert str(backend.path / "runs") in line
        assert re.search(r"full|no space", line, re.I), line
        assert "No space left on device" in line
        # the disk has no room for one more byte of the task's, and still the store has all of it
        record = backend.records(submission)["job"]
        assert record["error"]["message"] in line
        assert record["exit_status"] == 1
        # there was no room for the executed notebook; log and record need none
        assert "job/job.log" in backend.outputs(submission)


def test_inputs_that_do_not_fit_name_the_directory(tmp_path: Path) -> None:
    file = one_script(tmp_path / "large", "print(1)", dependencies=["large.bin"])
    (tmp_path / "large" / "large.bin").write_bytes(os.urandom(4 * MEBIBYTE))
    with small_disk(tmp_path / "backend" / "runs"), running_backend(tmp_path) as backend:
        submission = backend.submit(file)
        line = failure(backend, submission["run_id"])
        assert line.startswith("ND-DISK-001: ")
        assert str(backend.path / "runs") in line
        assert backend.records(submission)["job"]["exit_status"] == 18
        assert backend.cli("runs", "show", submission["run_id"], "--runtime-config", CONFIG).returncode == 0
