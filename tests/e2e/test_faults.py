"""What goes wrong while a run is under way is told in one line, and what the task made is kept."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.backend import CLAIM, CONFIG, Backend, Json, wait_until
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MOUNT = "/cvmfs/neurodesk.ardc.edu.au"
LIMIT = 60.0  # seconds in which a run without CVMFS must have failed, by the issue


def one_notebook(folder: Path, *cells: str, **properties: object) -> Path:
    """Write a pipeline of one notebook called ``job``."""
    folder.mkdir(exist_ok=True)
    write_notebook(folder / "job.ipynb", *cells)
    return write_pipeline(
        folder / f"{folder.name}.pipeline", [notebook_node("job", "job.ipynb", **properties)]
    )


def failed(backend: Backend, submission: Json) -> str:
    """Wait for the failure, and return its line after looking for it in every place that shows it."""
    run_id = submission["run_id"]
    run = backend.wait(run_id)
    assert run["state"] == "FAILED", run
    (task,) = [one for one in run["tasks"] if one["name"] == "job"]
    line: str = task["message"]
    assert re.match(r"ND-[A-Z]+-\d{3}: ", line), line
    shown = backend.cli("runs", "show", run_id, "--runtime-config", CONFIG, check=True).stdout
    assert sum(line in row for row in shown.splitlines()) == 1, shown
    assert line in html.unescape(backend.run_page(run_id))
    log = backend.logs(run_id)["job/1/main.log"]
    assert log.splitlines().count(line) == 1, log
    assert "Traceback" not in log
    return line


def stored(backend: Backend, submission: Json, *names: str) -> Json:
    """Check what the failed task left in the store, and return its record."""
    outputs = backend.outputs(submission)
    assert {f"job/{name}" for name in names} | {"job/task-record.json", "job/job.log"} <= set(outputs)
    record: Json = json.loads(outputs["job/task-record.json"])
    error = record["error"]
    assert f"{error['code']}: {error['message']} {error['hint']}".strip() in outputs["job/job.log"].decode()
    return record


@contextmanager
def without(directory: Path) -> Iterator[None]:
    """Have the directory away for a while."""
    aside = directory.with_name(f".{directory.name}-aside")  # the sidecar looks for n*
    directory.rename(aside)
    try:
        yield
    finally:
        aside.rename(directory)


def test_the_sidecars_own_log_says_that_it_saw_the_repository(backend: Backend, tmp_path: Path) -> None:
    file = one_notebook(
        tmp_path / "fine",
        "import subprocess",
        "print(subprocess.run('hello', capture_output=True, text=True).stdout)",
        env_vars=[{"env_var": "NEURODESK_MODULES", "value": "hello/1.0"}],
    )
    submission = backend.submit(file)
    assert backend.wait(submission["run_id"])["state"] == "SUCCEEDED"
    sidecar = backend.logs(submission["run_id"])["job/1/neurodesk-cvmfs.log"]
    assert f"{MOUNT}/neurodesk-modules" in sidecar.splitlines()
    record = backend.records(submission)["job"]
    assert record["cvmfs"]["root"] == MOUNT
    assert [module["module"] for module in record["modules"]] == ["hello/1.0"]
    assert b"hello from the tree" in backend.outputs(submission)["job/job.ipynb"]


def test_without_the_cvmfs_directory_one_line_names_claim_path_and_remedy(
    backend: Backend, tmp_path: Path
) -> None:
    file = one_notebook(tmp_path / "no-directory", "print(1)")
    # submitted as to a backend elsewhere: this machine's configuration leaves out a claim that is not there
    runtimes = backend.jupyter.home / ".local/share/jupyter/metadata/runtimes"
    content = json.loads((runtimes / f"{CONFIG}.json").read_text("utf-8"))
    backend.jupyter.runtime_config("elsewhere", **content["metadata"])
    with without(backend.tree):
        began = time.monotonic()
        submission = backend.submit(file, "--runtime-config", "elsewhere")
        wait_until(lambda: backend.run_json(submission["run_id"])["state"] == "FAILED", LIMIT, "the failure")
        assert time.monotonic() - began < LIMIT
        line = failed(backend, submission)
    assert f"'{CLAIM}'" in line
    assert MOUNT in line
    assert str(backend.tree) in line
    assert f"elyra-neurodesk local up --claim {CLAIM}=DIRECTORY" in line
    record = stored(backend, submission)
    assert (record["error"]["code"], record["exit_status"]) == ("ND-LOCAL-111", 19)


def test_an_empty_cvmfs_directory_fails_the_run_in_time_and_leaves_log_and_record(
    backend: Backend, tmp_path: Path
) -> None:
    # a claim that is empty when it is submitted counts as no repository: this one becomes so afterwards
    folder = tmp_path / "empty-tree"
    go = folder / "go"
    one_notebook(folder, "print(1)")
    waiting = f"import time, os\nwhile not os.path.exists({str(go)!r}): time.sleep(0.1)\n"
    (folder / "first.py").write_text(waiting, "utf-8")
    nodes = [notebook_node("first", "first.py"), notebook_node("job", "job.ipynb", ["first"])]
    submission = backend.submit(write_pipeline(folder / "empty-tree.pipeline", nodes))
    wait_until(lambda: "first/1/main.log" in backend.logs(submission["run_id"]), LIMIT, "the first task")
    wait_until(
        lambda: "running first.py" in backend.logs(submission["run_id"])["first/1/main.log"],
        LIMIT,
        "the first task's script",
    )
    with without(backend.tree / "containers"), without(backend.tree / "neurodesk-modules"):
        began = time.monotonic()
        go.touch()
        wait_until(lambda: backend.run_json(submission["run_id"])["state"] == "FAILED", LIMIT, "the failure")
        assert time.monotonic() - began < LIMIT
        line = failed(backend, submission)
    assert f"'{CLAIM}'" in line
    assert MOUNT in line
    assert "elyra-neurodesk local status" in line
    record = stored(backend, submission)
    assert record["exit_status"] == 11
    assert record["cvmfs"] is None or record["cvmfs"]["revision"] is None
    assert f"{MOUNT}/n*" in backend.logs(submission["run_id"])["job/1/neurodesk-cvmfs.log"]


def test_a_declared_output_that_is_missing_fails_the_task_after_its_upload(
    backend: Backend, tmp_path: Path
) -> None:
    file = one_notebook(
        tmp_path / "no-output", "open('made.txt', 'w').write('x')", outputs=["made.txt", "brain.nii"]
    )
    submission = backend.submit(file)
    line = failed(backend, submission)
    assert "'brain.nii'" in line
    assert "'made.txt'" not in line
    record = stored(backend, submission, "job.ipynb", "job.html", "made.txt")
    assert record["exit_status"] == 14
    assert [output["path"] for output in record["outputs"]] == ["made.txt"]


def test_a_notebook_that_raises_tells_cell_and_exception(backend: Backend, tmp_path: Path) -> None:
    file = one_notebook(
        tmp_path / "raises", "print('before')", "raise ValueError('no such\\nsubject')", "print('never')"
    )
    submission = backend.submit(file)
    line = failed(backend, submission)
    assert "cell 2" in line
    assert "ValueError: no such subject" in line
    record = stored(backend, submission, "job.ipynb", "job.html")
    assert record["exit_status"] == 1
    executed = json.loads(backend.outputs(submission)["job/job.ipynb"])
    assert any(out["output_type"] == "error" for cell in executed["cells"] for out in cell.get("outputs", ()))
    assert "before" in json.dumps(executed)


def test_a_store_that_goes_away_midway_fails_the_run_and_the_line_says_where_the_files_are(
    backend: Backend, tmp_path: Path
) -> None:
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    file = one_notebook(
        tmp_path / "store-stops",
        f"from pathlib import Path; import time; Path({str(begun)!r}).touch()",
        f"while not Path({str(go_on)!r}).exists(): time.sleep(0.1)",
        "Path('result.txt').write_text('precious')",
        outputs=["result.txt"],
    )
    submission = backend.submit(file)
    wait_until(begun.exists, 60, "the notebook")
    away = backend.store.rename(tmp_path / "unmounted")
    go_on.touch()
    run_id = submission["run_id"]
    wait_until(lambda: backend.run_json(run_id)["state"] == "FAILED", 120, "the failure")
    away.rename(backend.store)
    line = failed(backend, submission)
    assert str(backend.store) in line
    (kept,) = re.findall(r"(/\S+/jupyter-work-dir)\b(?!\.)", line)
    assert " and jupyter-work-dir.reports beside it" in line
    reports = f"{kept}.reports"
    assert Path(kept, "result.txt").read_text() == "precious"
    assert json.loads(Path(reports, "job.ipynb").read_text())["cells"]
    assert line in Path(reports, "job.log").read_text().splitlines()
    record = json.loads(Path(reports, "task-record.json").read_text())
    assert (record["exit_status"], record["error"]["code"]) == (15, line.partition(":")[0])

    backend.up()
    assert line in html.unescape(backend.run_page(run_id))
    again = backend.submit(file)
    assert backend.wait(again["run_id"])["state"] == "SUCCEEDED"
    assert backend.outputs(again)["job/result.txt"] == b"precious"
