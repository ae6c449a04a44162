"""Records of tasks that really ran, against their schema."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.environment import LMOD_CMD
from elyra_neurodesk.record.schemas import record_validator
from tests.support.backend import lay_out
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.objectstore import ObjectStore
from tests.support.tasks import RUN_ID, make_notebook, record_of, run, submit

Json = dict[str, Any]


def checked(store: ObjectStore, spec: Any) -> Json:
    """Return a record that its schema allows, packages and context included."""
    record = record_of(store, spec)
    record_validator("task-record").validate(record)
    assert {"@context", "@type", "packages"} <= set(record)
    return record


def test_a_notebook_that_ran_well(shared_store: ObjectStore, directory: str, tmp_path: Path) -> None:
    source = make_notebook("n = 0", "open('out.txt', 'w').write(str(n))", tags={0: "parameters"})
    files = {"a.ipynb": source, "lib/helper.py": "x = 1", "subjects.tsv": "a\tb"}
    fields = {"parameters": {"n": "Integer"}, "outputs": ("out.txt",), "directory": directory}
    spec = submit(shared_store, "a.ipynb", files, **fields)
    image = f"example.org/image:1@sha256:{'1' * 64}"
    outcome = run(shared_store, spec, tmp_path / "w", ["n=3"], environment={"NEURODESK_IMAGE": image})
    assert outcome.status == 0, outcome.text
    record = checked(shared_store, spec)
    assert record["source"]["sha256"] == sha256(source.encode()).hexdigest()
    assert [one["path"] for one in record["files"]] == ["lib/helper.py", "subjects.tsv"]
    assert record["image"] == {"reference": image, "digest": f"sha256:{'1' * 64}", "used": True}
    assert record["language"]["name"] == "python"
    assert record["language"]["version"]
    assert (record["cvmfs"], record["modules"], record["findings"], record["error"]) == (None, [], [], None)
    assert record["archive"] == spec.archive
    for entry in (*record["outputs"], *record["reports"]):
        content = shared_store.get(entry["key"])
        assert (len(content), sha256(content).hexdigest()) == (entry["size"], entry["sha256"])
    assert [entry["path"] for entry in record["reports"]] == ["a.html", "a.ipynb"]


def test_a_notebook_that_raised(shared_store: ObjectStore, directory: str, tmp_path: Path) -> None:
    files = {"a.ipynb": make_notebook("raise KeyError('age')")}
    spec = submit(shared_store, "a.ipynb", files, directory=directory)
    assert run(shared_store, spec, tmp_path / "w").status == 1
    record = checked(shared_store, spec)
    assert (record["error"]["code"], record["exit_status"]) == ("ND-RUN-001", 1)
    assert record["language"]["version"]
    assert record["source"]


def test_a_task_that_ended_before_its_files_were_there(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    spec = submit(shared_store, "a.py", {"a.py": "1"}, directory=directory, parents=("nobody",))
    assert run(shared_store, spec, tmp_path / "w").status == 13
    record = checked(shared_store, spec)
    assert (record["source"], record["language"], record["error"]["code"]) == (None, None, "ND-INPUT-001")


def test_modules_containers_and_repository(shared_store: ObjectStore, directory: str, tmp_path: Path) -> None:
    tree = lay_out(tmp_path / "cvmfs")
    (tree / "containers/hello_1.0_20260101/hello_1.0_20260101.simg").mkdir(exist_ok=True)
    spec = submit(
        shared_store,
        "a.py",
        {"a.py": "import subprocess\nsubprocess.run(['hello'], check=True)"},
        directory=directory,
        modules=("hello", "nope/9.9"),
        strict="warn",
        cvmfs=str(tree),
    )
    outcome = run(shared_store, spec, tmp_path / "w", environment={"NEURODESK_CVMFS_ROOT": str(tree)})
    assert outcome.status == 0, outcome.text
    record = checked(shared_store, spec)
    hello, nope = record["modules"]
    assert (hello["requested"], hello["module"], hello["by"]) == ("hello", "hello/1.0", "node")
    assert hello["container"] == str(tree / "containers/hello_1.0_20260101")
    assert (nope["module"], nope["container"], nope["via"], nope["status"]) == ("", "", "", "unknown")
    assert record["cvmfs"] == {"root": str(tree), "revision": None, "root_hash": None, "published": None}
    assert record["strict"] == "warn"


@pytest.mark.skipif(find_spec("jupyterlmod") is None or not Path(LMOD_CMD).exists(), reason="no Lmod here")
def test_a_module_that_the_notebook_loads_by_itself(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    root = tmp_path / "cvmfs"
    tree = make_tree(root, [Tool("other", "2.1", "20250101", {"oth": "echo o"})], repository=str(root))
    files = {"a.ipynb": make_notebook("import module\nawait module.load('other')", "!oth")}
    spec = submit(shared_store, "a.ipynb", files, directory=directory, cvmfs=str(tree))
    outcome = run(shared_store, spec, tmp_path / "w", environment={"NEURODESK_CVMFS_ROOT": str(tree)})
    assert outcome.status == 0, outcome.text
    (module,) = checked(shared_store, spec)["modules"]
    assert (module["module"], module["by"], module["status"]) == ("other/2.1", "notebook", "loaded")
    assert module["container"] == str(tree / "containers/other_2.1_20250101")


def test_findings_that_only_warn(shared_store: ObjectStore, directory: str, tmp_path: Path) -> None:
    files = {"a.ipynb": make_notebook("x = 1", "!no-such-tool-at-all in.nii out.nii")}
    spec = submit(shared_store, "a.ipynb", files, directory=directory, strict="warn")
    outcome = run(shared_store, spec, tmp_path / "w")
    assert outcome.status == 0, outcome.text
    record = checked(shared_store, spec)
    assert [(one["cell"], one["code"][:9]) for one in record["findings"]] == [(2, "ND-GUARD-")]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="no R here")
def test_scripts_and_what_they_got_from_each_other(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    fields = {"directory": directory, "outputs": ("x.txt",)}
    first = submit(shared_store, "s.py", {"s.py": "open('x.txt', 'w').write('1')"}, task="first", **fields)
    assert run(shared_store, first, tmp_path / "1").status == 0
    script = "x <- readLines('x.txt')\nwriteLines(c(x, x), 'x.txt')\n"
    second = submit(shared_store, "s.R", {"s.R": script}, task="second", parents=("first",), **fields)
    outcome = run(shared_store, second, tmp_path / "2")
    assert outcome.status == 0, outcome.text
    one, two = checked(shared_store, first), checked(shared_store, second)
    (made,), (used,) = one["outputs"], two["inputs"]
    assert {"from": "first", **made} == used
    assert two["outputs"][0]["sha256"] != used["sha256"]
    assert (two["language"]["name"], two["file"], two["reports"]) == ("r", "s.R", [])
    assert two["language"]["version"]


def test_no_secret_gets_into_a_record(shared_store: ObjectStore, directory: str, tmp_path: Path) -> None:
    spec = submit(
        shared_store,
        "a.py",
        {"a.py": "import os\nassert os.environ['TOKEN'] and os.environ['NODE']\nraise SystemExit(3)"},
        directory=directory,
        env={"NODE": "canary-of-the-node"},
    )
    assert run(shared_store, spec, tmp_path / "w", environment={"TOKEN": "canary-of-the-pod"}).status == 1
    text = json.dumps(checked(shared_store, spec))
    for canary in ("canary", "TOKEN", shared_store.access_key, shared_store.secret_key):
        assert canary not in text
    assert RUN_ID in text
