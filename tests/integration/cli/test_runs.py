"""The `runs` commands and `submit` against the embedded backend, with real tasks."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from elyra_neurodesk.backend import lifecycle
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.cli.main import run as command
from elyra_neurodesk.elyra_adapter.registration import register
from tests.support.backend import command as command_line
from tests.support.forked_commands import FORKED
from tests.support.objectstore import free_port

CONFIG = "neurodesk_this_machine"
SCRIPTS = {
    "first.py": "import sys\nprint('hello from', 'first')\nopen('one.txt', 'w').write('1')\n",
    "second.py": "print('read', open('one.txt').read())\nopen('two.txt', 'w').write('2')\n",
    "fails.py": "print('about to fail')\nraise SystemExit(3)\n",
    "sleeps.py": "import time\ntime.sleep(120)\n",
}


@dataclass(frozen=True)
class Backend:
    """A backend with the runs of this file."""

    pipelines: Path
    good: str
    bad: str


def pipeline(*nodes: tuple[str, str, list[str]]) -> str:
    """Return a pipeline file of (script, output, parents)."""
    made = []
    for script, output, parents in nodes:
        properties = {
            "filename": f"{script}.py",
            "runtime_image": "library/python:3.11",
            "outputs": [output] if output else [],
            "dependencies": [],
            "include_subdirectories": False,
            "env_vars": [],
        }
        links = [{"id": f"{up}-{script}", "node_id_ref": up, "port_id_ref": "outPort"} for up in parents]
        made.append(
            {
                "id": script,
                "type": "execution_node",
                "op": "execute-python-node",
                "app_data": {
                    "label": script,
                    "component_parameters": properties,
                    "ui_data": {"label": script},
                },
                "inputs": [{"id": "inPort", "app_data": {}, "links": links}],
                "outputs": [{"id": "outPort", "app_data": {}}],
            }
        )
    app_data = {
        "version": 8,
        "properties": {"name": "x"},
        "runtime_type": "KUBEFLOW_PIPELINES",
        "ui_data": {},
    }
    primary = {"id": "primary", "nodes": made, "app_data": app_data, "runtime_ref": ""}
    return json.dumps(
        {
            "doc_type": "pipeline",
            "version": "3.0",
            "id": "x",
            "primary_pipeline": "primary",
            "pipelines": [primary],
        }
    )


def program(*arguments: str | Path, fork: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own; without ``fork`` nothing is imported there before."""
    words = command_line(*map(str, arguments))
    if fork:
        return FORKED.run(words, env=os.environ, timeout=120)
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    directory = tmp_path_factory.mktemp("cli")
    (directory / "cvmfs" / "neurodesk-modules").mkdir(parents=True)
    (directory / "cvmfs" / "containers").mkdir()
    for name, text in SCRIPTS.items():
        (directory / name).write_text(text)
    (directory / "good.pipeline").write_text(
        pipeline(("first", "one.txt", []), ("second", "two.txt", ["first"]))
    )
    (directory / "bad.pipeline").write_text(
        pipeline(("first", "one.txt", []), ("fails", "", ["first"]), ("second", "two.txt", ["fails"]))
    )
    (directory / "long.pipeline").write_text(pipeline(("sleeps", "", [])))
    home = Home(directory / "home")
    options = lifecycle.Options(free_port(), (f"cvmfs-neurodesk={directory / 'cvmfs'}",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(directory / "jupyter"))
        patch.setenv("JUPYTER_PATH", str(directory / "nothing"))
        lifecycle.up(home, options, lambda line: None, register)
        try:
            submitted = program("submit", directory / "good.pipeline", "--json", fork=False)
            assert submitted.returncode == 0, submitted.stderr
            good = json.loads(submitted.stdout)["run_id"]
            watched = program("submit", directory / "bad.pipeline", "--watch", "--json")
            assert watched.returncode == 4, watched.stderr
            bad = json.loads(watched.stdout)
            assert bad["run"]["state"] == "FAILED"
            assert program("runs", "watch", good).returncode == 0
            yield Backend(directory, good, bad["run_id"])
        finally:
            lifecycle.down(home, lambda line: None)


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path, status: int = 0) -> str:
    assert command([str(argument) for argument in arguments]) == status
    return capsys.readouterr().out


def told_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path, status: int = 0):
    return json.loads(told(capsys, *arguments, "--json", status=status))


def test_list_has_the_newest_first(backend: Backend, capsys) -> None:
    assert [run["run_id"] for run in told_json(capsys, "runs", "list", "-n", "2")][-2:] == [
        backend.bad,
        backend.good,
    ]
    assert len(told_json(capsys, "runs", "list", "-n", "1")) == 1
    assert backend.good in told(capsys, "runs", "list", "--runtime-config", CONFIG)


def test_show_tells_state_seconds_and_what_went_wrong(backend: Backend, capsys) -> None:
    shown = told_json(capsys, "runs", "show", backend.bad[:13])
    assert shown["state"] == "FAILED"
    assert {task["name"]: (task["state"], task["exit_status"]) for task in shown["tasks"]} == {
        "first": ("SUCCEEDED", 0),
        "fails": ("FAILED", 1),
        "second": ("SKIPPED", None),
    }
    assert "exit status 3" in shown["tasks"][1]["message"]
    assert all(task["seconds"] >= 0 for task in shown["tasks"][:2])
    table = told(capsys, "runs", "show", backend.bad)
    assert "FAILED" in table
    assert shown["url"] in table


def test_watching_a_run_that_has_ended_ends_at_once(backend: Backend, capsys) -> None:
    assert "2 of 2 tasks succeeded" in told(capsys, "runs", "watch", backend.good)
    assert "first: SUCCEEDED" in told(capsys, "runs", "watch", backend.bad, status=4)
    assert told_json(capsys, "runs", "watch", backend.good)["state"] == "SUCCEEDED"


def test_logs_of_one_task_are_nothing_but_its_log(backend: Backend, capsysbinary) -> None:
    assert command(["runs", "logs", backend.bad, "fails"]) == 0
    log = capsysbinary.readouterr().out
    assert b"about to fail\n" in log
    assert b"==>" not in log


def test_logs_of_a_run_are_those_of_all_its_tasks(backend: Backend, capsysbinary) -> None:
    for arguments in ([], ["--follow"]):
        assert command(["runs", "logs", backend.good, *arguments]) == 0
        log = capsysbinary.readouterr().out
        assert log.index(b"hello from first") < log.index(b"==> second") < log.index(b"read 1")


def test_logs_as_json_name_the_tasks(backend: Backend, capsys) -> None:
    logs = told_json(capsys, "runs", "logs", backend.bad)
    assert [(log["task"], log["log"] is None) for log in logs] == [
        ("first", False),
        ("fails", False),
        ("second", True),
    ]


def test_an_unknown_task_lists_those_there_are(backend: Backend, capsys) -> None:
    assert command(["runs", "logs", backend.good, "third"]) == 1
    assert capsys.readouterr().err == (
        f"ND-RUNS-004: run {backend.good} has no task 'third'. Its tasks: first, second.\n"
    )


def test_outputs_are_listed_with_their_hashes_and_downloaded(
    backend: Backend, capsys, tmp_path: Path
) -> None:
    listed = told_json(capsys, "runs", "outputs", backend.good)
    declared = {(one["task"], one["path"]): one["sha256"] for one in listed if one["path"].endswith(".txt")}
    assert set(declared) == {("first", "one.txt"), ("second", "two.txt")}
    assert all(len(sha256) == 64 for sha256 in declared.values())
    got = told_json(capsys, "runs", "outputs", backend.good, "--download", tmp_path / "got")
    assert {Path(one["file"]).read_bytes() for one in got if one["path"].endswith(".txt")} == {b"1", b"2"}
    again = told(capsys, "runs", "outputs", backend.good, "--download", tmp_path / "got")
    assert again.startswith(f"0 files written to {tmp_path / 'got'}, {len(listed)} existed already")


def test_the_record_and_log_of_a_failed_task_are_among_the_outputs(backend: Backend, capsys) -> None:
    listed = told_json(capsys, "runs", "outputs", backend.bad)
    assert {one["path"] for one in listed if one["task"] == "fails"} == {"fails.log", "task-record.json"}


def test_a_download_never_replaces_a_different_file_unless_told(
    backend: Backend, capsys, tmp_path: Path
) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "one.txt").write_text("mine")
    assert command(["runs", "outputs", backend.good, "--download", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("ND-DOWNLOAD-002: ")
    assert [path.name for path in tmp_path.rglob("*")] == ["first", "one.txt"]
    told(capsys, "runs", "outputs", backend.good, "--download", tmp_path, "--overwrite")
    assert (tmp_path / "first" / "one.txt").read_text() == "1"


def test_a_run_is_cancelled_once(backend: Backend, capsys) -> None:
    run = json.loads(program("submit", backend.pipelines / "long.pipeline", "--json").stdout)["run_id"]
    assert command(["runs", "watch", run, "--timeout", "0.5"]) == 5
    assert capsys.readouterr().err.startswith("ND-RUNS-006: ")
    assert run in told(capsys, "runs", "cancel", run)
    final = told_json(capsys, "runs", "watch", run, status=4)
    assert final["state"] == "CANCELED"
    assert command(["runs", "cancel", run]) == 1
    assert capsys.readouterr().err == f"ND-RUNS-003: run {run} has ended already (CANCELED).\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["runs", "show", "zzz"], "ND-RUNS-001"),
        (["runs", "list", "--runtime-config", "nope"], "ND-CONFIG-001"),
        (["submit", "no-such.pipeline"], "ND-PIPELINE-001"),
        (["export", "no-such.pipeline", "--output", "x.yaml"], "ND-PIPELINE-001"),
    ],
)
def test_a_mistake_is_one_line_with_its_code(
    backend: Backend, capsys, arguments: list[str], code: str
) -> None:
    assert command(arguments) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.partition(":")[0]) == ("", 1, code)


def test_an_export_is_written_and_not_overwritten(backend: Backend, tmp_path: Path) -> None:
    for form, begin in (("yaml", "deploymentSpec:"), ("py", "import ")):
        target = tmp_path / f"good.{form}"
        line = ("export", backend.pipelines / "good.pipeline", "--format", form, "--output", target)
        done = program(*line)
        assert (done.returncode, done.stdout) == (0, f"{target}\n"), done.stderr
        before = target.read_text()
        assert begin in before  # the kind of file that was asked for
        again = program(*line)
        assert again.returncode != 0
        assert again.stderr.count("\n") == 1
        assert target.read_text() == before
        assert program(*line, "--overwrite").returncode == 0
