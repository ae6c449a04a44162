"""``runs outputs``, embedded backend: all files whatever their names, and what is missing is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.backend import CONFIG, Backend, Json, running_backend
from tests.support.pipelines import notebook_node, write_pipeline

OUTPUTS = {
    "100%25 of\nall.txt": "percent",
    "back\\slash.txt": "slash",
    "x" * 251 + ".txt": "long",
    "sub-01.html": "page",
    "sub-01/anat.mgz": "image",
}
SCRIPT = f"""\
from pathlib import Path

for name, text in {OUTPUTS!r}.items():
    path = Path("out", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
"""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with running_backend(tmp_path_factory.mktemp("outputs")) as running:
        yield running


@pytest.fixture
def run(backend: Backend, tmp_path: Path) -> Json:
    (tmp_path / "job.py").write_text(SCRIPT, "utf-8")
    file = write_pipeline(tmp_path / "job.pipeline", [notebook_node("job", "job.py", outputs=["out"])])
    submission = backend.submit(file)
    assert backend.wait(submission["run_id"])["state"] == "SUCCEEDED"
    return submission


def test_all_files_are_listed_and_downloaded(backend: Backend, run: Json, tmp_path: Path) -> None:
    listed = backend.read("runs", "outputs", run["run_id"], "--runtime-config", CONFIG)
    expected = {f"out/{name}" for name in OUTPUTS} | {"job.log", "task-record.json"}
    assert {item["path"] for item in listed} == expected
    target = tmp_path / "target"
    backend.cli("runs", "outputs", run["run_id"], "--download", str(target), check=True)
    assert {name: (target / "job/out" / name).read_text() for name in OUTPUTS} == OUTPUTS
    assert sum(path.is_file() for path in target.rglob("*")) == len(expected)


def test_what_the_record_has_and_the_store_lacks_is_an_error(
    backend: Backend, run: Json, tmp_path: Path
) -> None:
    folder = Path(run["object_storage_path"], "job/out")
    (folder / "sub-01.html").unlink()
    (folder / "sub-01/anat.mgz").write_text("im")
    done = backend.cli("runs", "outputs", run["run_id"])
    assert done.returncode == 1
    assert "back\\slash.txt" in done.stdout
    assert done.stderr.startswith(
        "ND-RUNS-012: the object store lacks 2 of the run's files: "
        "job/out/sub-01.html, job/out/sub-01/anat.mgz (2 of 5 bytes)."
    )
    (folder.parent / "task-record.json").unlink()
    done = backend.cli("runs", "outputs", run["run_id"])
    assert "lacks 1 of the run's files: job/task-record.json." in done.stderr
