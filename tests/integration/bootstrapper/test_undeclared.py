"""Files that a task wrote and that its node does not declare."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.record.life_sign import LIFE_SIGN
from elyra_neurodesk.record.schemas import record_validator
from tests.support.objectstore import ObjectStore
from tests.support.tasks import RUN_ID, make_notebook, record_of, run, start, submit


def stored(store: ObjectStore, directory: str, task: str = "one") -> list[str]:
    prefix = f"some/prefix/{directory}/{RUN_ID}/{task}/"
    names = [key.removeprefix(prefix) for key in store.keys(prefix)]
    return [name for name in names if name != LIFE_SIGN]  # see test_life_signs.py


def paths(record: dict[str, Any]) -> list[str]:
    return [item["path"] for item in record.get("undeclared", ())]


WRITES = (
    "import os\n"
    "os.makedirs('deep/__pycache__')\n"
    "open('result.csv', 'w').write('a,b')\n"
    "open('deep/b.txt', 'w').write('b')\n"
    "open('deep/__pycache__/x.pyc', 'w').write('junk')\n"
    "open('declared.txt', 'w').write('c')\n"
    "open('edited.txt', 'a').write(' and more')\n"
    "open('big.bin', 'wb').truncate(25 << 20)\n"
    "os.symlink('/etc/passwd', 'link.txt')"
)


def test_small_files_are_kept_and_a_large_one_is_named(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    files = {"model.ipynb": make_notebook(WRITES), "edited.txt": "given", "same.txt": "given"}
    spec = submit(shared_store, "model.ipynb", files, directory=directory, outputs=("declared.txt",))
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 0, outcome.text
    record = record_of(shared_store, spec)
    assert record_validator("task-record").is_valid(record)
    assert [item["path"] for item in record["outputs"]] == ["declared.txt"]
    assert paths(record) == ["deep/b.txt", "result.csv", "edited.txt"]  # the smallest first
    assert record["not_kept"] == {
        "files": 1,
        "size": 25 << 20,
        "named": [{"path": "big.bin", "size": 25 << 20, "reason": "file limit"}],
        "complete": True,
        "problem": "",
    }
    kept = [f"undeclared/{name}" for name in ("deep/b.txt", "edited.txt", "result.csv")]
    reports = ["declared.txt", "model.html", "model.ipynb", "model.log", "task-record.json"]
    assert stored(shared_store, directory) == sorted(kept + reports)
    assert shared_store.get(record["undeclared"][2]["key"]) == b"given and more"
    lines = [
        "neurodesk: 3 undeclared files were kept in undeclared/, 18 B; declare them under Output Files for "
        "later nodes to use",
        "neurodesk: warning: 1 file was not kept: big.bin, 25.0 MiB; declare it under Output Files",
        "neurodesk: model.ipynb done, 1 outputs stored",
    ]
    assert outcome.text.splitlines()[-3:] == lines
    log = shared_store.get(spec.run_key(RUN_ID, "one", "model.log")).decode()
    assert log.splitlines()[-3:] == lines


def test_a_task_that_failed_keeps_them_and_ends_with_its_own_error(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    notebook = make_notebook("open('half.csv', 'w').write('1')", "raise ValueError('no')")
    spec = submit(shared_store, "bad.ipynb", {"bad.ipynb": notebook}, directory=directory, outputs=("x.csv",))
    outcome = run(shared_store, spec, tmp_path / "w")
    record = record_of(shared_store, spec)
    assert (outcome.status, record["exit_status"]) == (1, 1)
    assert paths(record) == ["half.csv"]
    assert "ValueError: no" in outcome.last_line


def test_a_declared_output_of_another_name_fails_the_task_and_the_file_is_kept(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    script = "open('result.csv', 'w').write('1')"
    spec = submit(shared_store, "a.py", {"a.py": script}, directory=directory, outputs=("results.csv",))
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 14
    assert paths(record_of(shared_store, spec)) == ["result.csv"]


def test_the_next_task_does_not_get_them_and_what_it_leaves_unchanged_is_not_its_own(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    one = submit(
        shared_store,
        "a.py",
        {"a.py": "open('out.csv', 'w').write('1')\nopen('more.csv', 'w').write('2')"},
        directory=directory,
        outputs=("out.csv",),
    )
    assert run(shared_store, one, tmp_path / "w").status == 0
    script = (
        "import os, shutil\n"
        "assert sorted(os.listdir()) == ['b.py', 'out.csv'], os.listdir()\n"
        "shutil.copy('out.csv', 'copy'); os.replace('copy', 'out.csv')"
    )
    two = submit(shared_store, "b.py", {"b.py": script}, directory=directory, task="two", parents=("one",))
    outcome = run(shared_store, two, tmp_path / "v")
    assert outcome.status == 0, outcome.text
    record = record_of(shared_store, two)
    assert "undeclared" not in record
    assert "not_kept" not in record


def test_limits_are_the_tasks_own_and_off_keeps_nothing(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    script = "for n in (1, 2, 3, 9): open(f'{n}.bin', 'wb').write(bytes(n))"
    few = submit(shared_store, "a.py", {"a.py": script}, directory=directory, keep_undeclared=(5, 4))
    assert run(shared_store, few, tmp_path / "w").status == 0
    record = record_of(shared_store, few)
    assert paths(record) == ["1.bin", "2.bin"]
    assert [item["reason"] for item in record["not_kept"]["named"]] == ["file limit", "task limit"]
    off = submit(
        shared_store, "a.py", {"a.py": script}, directory=directory, task="off", keep_undeclared=(0, 0)
    )
    outcome = run(shared_store, off, tmp_path / "v")
    assert outcome.status == 0
    assert stored(shared_store, directory, "off") == ["a.log", "task-record.json"]
    assert "4 files were not kept: 9.bin, 3.bin, 2.bin and 1 more, 15 B" in outcome.text


def test_a_declared_output_is_never_overwritten_by_an_undeclared_file(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    script = (
        "import os\n"
        "os.makedirs('undeclared')\n"
        "open('undeclared/x.csv', 'w').write('declared')\n"
        "open('x.csv', 'w').write('not')"
    )
    spec = submit(shared_store, "a.py", {"a.py": script}, directory=directory, outputs=("undeclared",))
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 0
    record = record_of(shared_store, spec)
    assert shared_store.get(record["outputs"][0]["key"]) == b"declared"
    assert [(item["path"], item["reason"]) for item in record["not_kept"]["named"]] == [("x.csv", "name")]


def test_a_task_that_is_stopped_keeps_them_too(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    script = "import time\nopen('half.csv', 'w').write('1')\nprint('ready', flush=True)\ntime.sleep(600)"
    spec = submit(shared_store, "a.py", {"a.py": script}, directory=directory)
    process = start(shared_store, spec, tmp_path / "w")
    try:
        assert process.stdout
        for line in process.stdout:
            if "ready" in line:
                break
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 143
    assert paths(record_of(shared_store, spec)) == ["half.csv"]


@pytest.mark.slow
def test_a_hundred_thousand_files_are_counted(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    script = (
        "import os\n"
        "for folder in range(100):\n"
        "    os.mkdir(f'{folder:02}')\n"
        "    for n in range(1000): open(f'{folder:02}/{n:03}', 'w').close()\n"
        "open('result.csv', 'w').write('1')"
    )
    spec = submit(
        shared_store,
        "a.py",
        {"a.py": script},
        directory=directory,
        outputs=("result.csv",),
        keep_undeclared=(0, 0),
    )
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 0
    record = record_of(shared_store, spec)
    assert record["not_kept"]["files"] == 100_000
    assert len(record["not_kept"]["named"]) == 20
    assert len(str(record["not_kept"])) < 2000
    subprocess.run(["rm", "-rf", str(tmp_path / "w")], check=True)


def test_a_further_attempt_replaces_what_the_one_before_stored(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    code = (
        "import os\nopen(os.environ['NAME'] + '.csv', 'w').write('1')\nopen('always.csv', 'w').write('2')\n"
    )
    files = {"model.ipynb": make_notebook(code)}
    for name in ("first", "second"):
        spec = submit(shared_store, "model.ipynb", files, directory=directory, env={"NAME": name})
        assert run(shared_store, spec, tmp_path / name).status == 0
    record = record_of(shared_store, spec)
    assert record["attempt"] == 2
    assert sorted(paths(record)) == ["always.csv", "second.csv"]
    kept = ["undeclared/always.csv", "undeclared/second.csv"]
    assert stored(shared_store, directory) == sorted(
        [*kept, "model.html", "model.ipynb", "model.log", "task-record.json"]
    )
