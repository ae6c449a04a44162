"""`runs record` and `runs compare` on runs of the embedded backend: notebook, script and R really ran."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.record.schemas import record_validator
from tests.support.backend import CONFIG, Backend, running_backend, wait_until
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

Json = dict[str, Any]
CANARY = "canary-7f3a"
NEW = "20260601"
PREPARE = """\
import csv
rows = [row for row in csv.reader(open('subjects.tsv'), delimiter='\\t') if int(row[1]) > threshold]
open('table.csv', 'w').write(str(rows))
"""


@dataclass(frozen=True)
class Study:
    """A backend with two runs that differ in a parameter, an input and a tool, and one that failed."""

    backend: Backend
    one: Json
    two: Json
    bad: Json


def write(folder: Path, threshold: int, subjects: str) -> Path:
    """Write the pipeline: a notebook, a Python script and, where there is R, an R script."""
    folder.mkdir(parents=True, exist_ok=True)
    call = "import subprocess\nprint(subprocess.run(['hello'], check=True, capture_output=True).stdout)"
    write_notebook(folder / "prepare.ipynb", PREPARE, call, parameters="threshold = 0")
    (folder / "subjects.tsv").write_text(subjects, "utf-8")
    (folder / "model.py").write_text("open('result.txt', 'w').write(open('table.csv').read().upper())\n")
    (folder / "report.R").write_text("writeLines(readLines('result.txt', warn = FALSE), 'report.txt')\n")
    secret = [{"env_var": "TOKEN", "value": CANARY}]
    nodes = [
        notebook_node(
            "prepare",
            "prepare.ipynb",
            dependencies=["subjects.tsv"],
            outputs=["table.csv"],
            pipeline_parameters=["threshold"],
            env_vars=secret,
        ),
        notebook_node("model", "model.py", ["prepare"], outputs=["result.txt"]),
    ]
    if shutil.which("Rscript"):
        nodes.append(notebook_node("report", "report.R", ["model"], outputs=["report.txt"]))
    value = {"type": "Integer", "value": threshold}
    parameter = {"name": "threshold", "description": "", "default_value": value, "required": False}
    return write_pipeline(folder / "study.pipeline", nodes, pipeline_parameters=[parameter], name="study")


def write_failing(folder: Path) -> Path:
    """Write a pipeline whose first task warns, then fails; its second never begins."""
    write_notebook(folder / "fails.ipynb", "!no-such-tool-at-all", "raise KeyError('age')")
    (folder / "after.py").write_text("1\n")
    nodes = [notebook_node("fails", "fails.ipynb"), notebook_node("after", "after.py", ["fails"])]
    return write_pipeline(folder / "bad.pipeline", nodes, name="bad")


def configure(backend: Backend, **metadata: str) -> None:
    """Change fields of the runtime configuration."""
    path = backend.jupyter.home / f".local/share/jupyter/metadata/runtimes/{CONFIG}.json"
    content = json.loads(path.read_text("utf-8"))
    content["metadata"] |= metadata
    path.write_text(json.dumps(content), "utf-8")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    folder = tmp_path_factory.mktemp("records")
    with running_backend(folder / "b") as backend:
        configure(backend, default_modules="hello", strict_modules="warn", preflight_check="off")
        one = backend.submit(write(folder / "p", 3, "a\t1\nb\t5\n"))
        bad = backend.submit(write_failing(folder / "p"))
        backend.wait(one["run_id"])
        # the module is re-pointed at a newer build, as Neurodesk does
        make_tree(backend.tree, [Tool("hello", "1.0", NEW, {"hello": "echo newer"}, category="test")])
        two = backend.submit(write(folder / "p", 4, "a\t1\nb\t5\nc\t6\n"))
        for run in (two, bad):
            backend.wait(run["run_id"])
        yield Study(backend, one, two, bad)


def record(study: Study, run: Json) -> Json:
    found: Json = study.backend.read("runs", "record", run["run_id"])
    record_validator("run-record").validate(found)
    return found


def key_of(run: Json) -> str:
    return f"{run['object_storage_path'].partition('/store/neurodesk/')[2]}/run-record.json"


def test_the_backend_stores_the_record_at_the_end_and_it_is_the_one_made_on_demand(study: Study) -> None:
    key = key_of(study.one)
    wait_until(lambda: study.backend.objects(key), 10, "the run's record")
    stored = json.loads(study.backend.get(key))
    assert record(study, study.one) == stored
    (study.backend.store / key).unlink()
    assert record(study, study.one) == stored
    assert json.loads(study.backend.get(key)) == stored  # stored anew by the command


def test_a_record_tells_tools_data_and_parameters_as_they_were(study: Study) -> None:
    found = record(study, study.one)
    assert (found["state"], found["pipeline"], found["parameters"]) == (
        "SUCCEEDED",
        "study",
        {"threshold": 3},
    )
    (tool,) = found["tools"]
    assert (tool["module"], tool["requested"]) == ("hello/1.0", ["hello"])
    assert tool["container"].endswith("/containers/hello_1.0_20260101")
    prepare, model = found["tasks"][:2]
    assert [one["path"] for one in prepare["record"]["files"]] == ["subjects.tsv"]
    edge = found["edges"][0]
    assert (edge["from"], edge["to"], edge["path"]) == ("prepare", "model", "table.csv")
    assert edge["sha256"] == prepare["record"]["outputs"][0]["sha256"]
    assert prepare["image"]
    assert len(found["packages"]) == 1
    assert model["reference"]["key"].endswith("/model/task-record.json")


def test_executed_notebooks_are_listed_with_their_hashes_too(study: Study) -> None:
    listed = study.backend.read("runs", "outputs", study.one["run_id"])
    hashed = {one["path"] for one in listed if one["task"] == "prepare" and one["sha256"]}
    assert hashed == {"prepare.html", "prepare.ipynb", "table.csv"}


def test_two_runs_differ_in_what_was_changed_and_in_what_follows_from_it(study: Study) -> None:
    done = study.backend.cli("runs", "compare", study.one["run_id"], study.two["run_id"], "--json")
    assert done.returncode == 3, done.stderr
    found = json.loads(done.stdout)
    told = [(one["kind"], one["what"], one["follows"]) for one in found["differences"]]
    assert told[:2] == [("parameters", "threshold", ""), ("data", "subjects.tsv", "")]
    assert ("data", "table.csv", "prepare") in told
    assert ("results", "table.csv", "") in told
    assert not {kind for kind, _, _ in told} & {"code", "environment"}
    (tool,) = (one for one in found["differences"] if one["kind"] == "tools")
    assert (tool["a"], tool["b"]) == ("hello/1.0 (hello_1.0_20260101)", f"hello/1.0 (hello_1.0_{NEW})")


def test_a_run_compared_with_itself_differs_in_nothing_and_ids_may_be_short(study: Study) -> None:
    done = study.backend.cli("runs", "compare", study.one["run_id"][:10], study.one["run_id"])
    assert done.returncode == 0, done.stderr
    assert "Nothing differs" in done.stdout


def test_a_comparison_is_told_in_words(study: Study) -> None:
    done = study.backend.cli("runs", "compare", study.one["run_id"], study.two["run_id"])
    assert (done.returncode, done.stderr) == (3, "")
    assert "follows from prepare" in done.stdout
    assert "The runs differ in parameters, data, tools, results" in done.stdout


def test_a_failed_run_keeps_what_its_tasks_found_and_those_that_never_began(study: Study) -> None:
    found = record(study, study.bad)
    fails, after = found["tasks"]
    assert (fails["state"], fails["record"]["error"]["code"]) == ("FAILED", "ND-RUN-001")
    assert (after["state"], after["record"], after["reference"]) == ("SKIPPED", None, None)
    assert [(one["task"], one["cell"]) for one in found["findings"]] == [("fails", 1)]
    shown = study.backend.cli("runs", "record", study.bad["run_id"], check=True).stdout
    assert found["findings"][0]["code"] in shown
    assert "SKIPPED" in shown


def test_the_runs_page_shows_findings_and_real_containers(study: Study) -> None:
    page = study.backend.run_page(study.bad["run_id"])
    assert "<h2>Findings</h2>" in page
    assert record(study, study.bad)["findings"][0]["code"] in page
    page = study.backend.run_page(study.one["run_id"])
    assert "<h2>Findings</h2>" not in page
    assert "hello_1.0_20260101</code>" in page
    assert "run-record.json" in page


def test_a_record_is_written_to_a_file_once(study: Study, tmp_path: Path) -> None:
    target = tmp_path / "record.json"
    line = ("runs", "record", study.two["run_id"], "--output", str(target))
    assert study.backend.cli(*line, check=True).stdout == f"{target}\n"
    assert json.loads(target.read_text("utf-8")) == record(study, study.two)
    again = study.backend.cli(*line)
    assert (again.returncode, again.stderr.partition(":")[0]) == (1, "ND-RECORD-001")
    assert study.backend.cli(*line, "--overwrite").returncode == 0
    nowhere = study.backend.cli("runs", "record", "latest", "--output", str(tmp_path / "no/where"))
    assert (nowhere.returncode, nowhere.stderr.partition(":")[0]) == (1, "ND-RECORD-002")


def test_a_store_that_takes_nothing_leaves_the_record_with_a_note(study: Study) -> None:
    key = key_of(study.two)
    (study.backend.store / key).unlink()
    bucket = study.backend.path / "store/neurodesk"
    folder = bucket / Path(key).parent
    kept, mode = folder / "run-record.json", folder.stat().st_mode
    kept.mkdir()  # where the object would be: what a store without space or permission answers
    try:
        done = study.backend.cli("runs", "record", study.two["run_id"], "--json")
    finally:
        kept.rmdir()
        folder.chmod(mode)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("not stored: ND-STORE-")
    record_validator("run-record").validate(json.loads(done.stdout))


def test_no_secret_and_no_environment_variable_is_in_any_record(study: Study) -> None:
    secret = study.backend.token
    for run in (study.one, study.two, study.bad):
        text = json.dumps([record(study, run), study.backend.records(run)])
        for canary in (CANARY, "TOKEN", secret):
            assert canary not in text
