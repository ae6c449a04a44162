"""`runs retry`, `delete` and `prune` against the embedded backend, with real tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elyra_neurodesk.cli.main import run as command
from elyra_neurodesk.elyra_adapter.connection import connect
from elyra_neurodesk.runs.results import RunResults
from tests.integration.cli.test_runs import CONFIG, Backend, backend, pipeline, program, told, told_json

__all__ = ["backend"]  # the fixture; this file has a backend of its own


def submitted(backend: Backend, name: str, status: int = 0) -> str:
    """Run a pipeline to its end and return the run's id."""
    done = program("submit", backend.pipelines / f"{name}.pipeline", "--watch", "--json")
    assert done.returncode == status, done.stderr
    return str(json.loads(done.stdout)["run_id"])


def results_of(run: str) -> RunResults:
    return RunResults.of(connect(CONFIG), run)


def stored(run: str) -> dict[str, bytes]:
    """Return the run's objects by key."""
    results = results_of(run)
    found = results.storage.list(results.directory + "/")
    return {item.key: results.storage.get(item.key) for item in found}


def test_only_what_failed_and_what_follows_runs_again(backend: Backend, capsys) -> None:
    directory = backend.pipelines
    counted = "open('{0}/{1}', 'a').write('x')\n".format
    (directory / "before.py").write_text(counted(directory, "n-before") + "open('b.txt', 'w').write('1')\n")
    (directory / "flaky.py").write_text(
        counted(directory, "n-flaky") + f"open('{directory}/repaired')\nopen('f.txt', 'w').write('2')\n"
    )
    (directory / "after.py").write_text(
        counted(directory, "n-after") + "print(open('b.txt').read() + open('f.txt').read())\n"
    )
    (directory / "flaky.pipeline").write_text(
        pipeline(("before", "b.txt", []), ("flaky", "f.txt", ["before"]), ("after", "", ["flaky"]))
    )
    run = submitted(backend, "flaky", status=4)
    before = {key: text for key, text in stored(run).items() if "/before/" in key}
    (directory / "repaired").touch()

    assert told(capsys, "runs", "retry", run).startswith(
        f"run {run} runs again: 2 of 3 tasks (flaky, after); 1 that succeeded keep their outputs\n"
    )
    final = told_json(capsys, "runs", "watch", run)
    assert {task["name"]: task["state"] for task in final["tasks"]} == dict.fromkeys(
        ("before", "flaky", "after"), "SUCCEEDED"
    )
    counts = {name: len((directory / f"n-{name}").read_text()) for name in ("before", "flaky", "after")}
    assert counts == {"before": 1, "flaky": 2, "after": 1}
    after = stored(run)
    assert {key: after[key] for key in before} == before
    assert b"12" in after[f"{results_of(run).directory}/after/after.log"]
    record = told_json(capsys, "runs", "record", run)
    assert record["state"] == "SUCCEEDED"
    attempts = {task["name"]: task["record"].get("attempt", 1) for task in record["tasks"]}
    assert attempts == {"before": 1, "flaky": 2, "after": 1}

    assert command(["runs", "retry", run]) == 1
    assert capsys.readouterr().err.startswith(f"ND-RUNS-009: run {run} has succeeded")


def test_a_retry_that_fails_again_ends_with_4(backend: Backend, capsys) -> None:
    assert told_json(capsys, "runs", "retry", backend.bad, "--watch", status=4)["state"] == "FAILED"


def test_a_run_that_goes_on_is_neither_retried_nor_deleted(backend: Backend, capsys) -> None:
    run = json.loads(program("submit", backend.pipelines / "long.pipeline", "--json").stdout)["run_id"]
    for arguments in (["retry", run], ["delete", run, "--yes"]):
        assert command(["runs", *arguments]) == 1
        assert capsys.readouterr().err.startswith(f"ND-RUNS-008: run {run} has not ended (")
    told(capsys, "runs", "cancel", run)
    assert told_json(capsys, "runs", "watch", run, status=4)["state"] == "CANCELED"


def test_a_run_is_deleted_with_its_objects_and_nothing_else_is(backend: Backend, capsys) -> None:
    gone, stays = submitted(backend, "good"), submitted(backend, "good")
    results = results_of(gone)
    neighbours = [f"{results.directory}-2/x", f"{results.directory}.txt", f"{results.directory}x"]
    for key in neighbours:
        results.storage.put(key, b"mine")
    others = stored(stays)
    work = backend.pipelines / "home" / "runs" / gone
    assert work.is_dir()

    told_of = told_json(capsys, "runs", "delete", gone[:13], "--outputs", "--dry-run")
    objects = stored(gone)
    assert [(one["run_id"], one["objects"], one["bytes"]) for one in told_of] == [
        (gone, len(objects), sum(map(len, objects.values())))
    ]
    assert command(["runs", "delete", gone, "--outputs"]) == 1
    out, err = capsys.readouterr()
    assert (f"{len(objects)} objects" in out, err.count("\n")) == (True, 1)
    assert err.startswith("ND-RUNS-011: 1 run would be deleted, and there is no terminal to ask at.")
    assert stored(gone) == objects

    out = told(capsys, "runs", "delete", gone, "--outputs", "--yes")
    assert f"deleted {gone}\ndeleted: 1 run with {len(objects)} objects (" in out
    assert results.storage.list(results.directory + "/") == []
    assert not work.exists()
    assert [results.storage.get(key) for key in neighbours] == [b"mine"] * 3
    assert stored(stays) == others
    assert command(["runs", "show", gone]) == 1
    assert capsys.readouterr().err.startswith("ND-RUNS-001: ")


def test_without_outputs_the_objects_stay(backend: Backend, capsys) -> None:
    run = submitted(backend, "good")
    results, objects = results_of(run), stored(run)
    assert "deleted: 1 run; objects in the object store stay\n" in told(
        capsys, "runs", "delete", run, "--yes"
    )
    assert {item.key for item in results.storage.list(results.directory + "/")} == set(objects)


def test_a_mistyped_id_deletes_nothing(backend: Backend, capsys) -> None:
    assert command(["runs", "delete", backend.good, "zzz", "--yes"]) == 1
    assert capsys.readouterr().err.startswith("ND-RUNS-001: ")
    assert told_json(capsys, "runs", "show", backend.good)["run_id"] == backend.good


def test_the_question_is_asked_at_a_terminal_and_no_is_no(
    backend: Backend, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text: "n")
    assert command(["runs", "delete", backend.good]) == 1
    assert capsys.readouterr().err.endswith("Nothing was deleted.\n")
    assert told_json(capsys, "runs", "show", backend.good)["run_id"] == backend.good


def test_pruning_takes_old_runs_and_leaves_failed_ones(backend: Backend, capsys, tmp_path: Path) -> None:
    old = told_json(capsys, "runs", "prune", "--older-than", "0m", "--outputs", "--dry-run")
    found = {one["run_id"]: one["objects"] for one in old}
    assert found[backend.good] > 0
    assert backend.bad in found
    kept = told_json(capsys, "runs", "prune", "--older-than", "0m", "--keep-failed", "--dry-run")
    assert {one["run_id"] for one in kept} == {
        one["run_id"] for one in old if one["state"] in ("SUCCEEDED", "CANCELED")
    }
    assert command(["runs", "prune", "--older-than", "1d", "--yes"]) == 0
    assert "ended before" in capsys.readouterr().err

    done = told(capsys, "runs", "prune", "--older-than", "0m", "--keep-failed", "--outputs", "--yes")
    assert f"deleted {backend.good}\n" in done
    left = {run["run_id"] for run in told_json(capsys, "runs", "list", "-n", "100")}
    assert left == {one["run_id"] for one in old} - {one["run_id"] for one in kept}
