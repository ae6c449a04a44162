"""A result that its node does not declare, in the embedded backend: kept, listed, downloaded."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.backend import CONFIG, Backend, Json, running_backend
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

HINT = "declare them under Output Files for later nodes to use"
KEPT = f"2 undeclared files were kept in undeclared/, 12 B; {HINT}"
NOT_KEPT = "1 file was not kept: warp.nii, 30.0 MiB; declare it under Output Files"


@dataclass(frozen=True)
class Ran:
    """A backend, and the run of the pipeline in `folder` there."""

    backend: Backend
    folder: Path
    submission: Json
    run: Json


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("undeclared")
    write_notebook(
        folder / "first.ipynb",
        "import os\nos.mkdir('maps')",
        "open('result.csv', 'w').write('a,b\\n')\nopen('maps/gm.txt', 'w').write('12345678')",
        "open('warp.nii', 'wb').truncate(30 << 20)",
    )
    write_notebook(
        folder / "second.ipynb", "import os\nassert os.listdir() == ['second.ipynb'], os.listdir()"
    )
    nodes = [notebook_node("first", "first.ipynb"), notebook_node("second", "second.ipynb", ["first"])]
    file = write_pipeline(folder / "undeclared.pipeline", nodes)
    with running_backend(folder / "machine") as backend:
        submission = backend.submit(file)
        yield Ran(backend, folder, submission, backend.wait(submission["run_id"]))


def test_the_run_succeeded_and_says_what_was_kept_and_what_not(ran: Ran) -> None:
    assert ran.run["state"] == "SUCCEEDED", ran.run
    assert [task["undeclared"] for task in ran.run["tasks"]] == [[KEPT, NOT_KEPT], []]
    shown = ran.backend.cli("runs", "show", ran.run["run_id"], "--runtime-config", CONFIG).stdout
    assert f"first: {KEPT}\n" in shown
    assert f"first: {NOT_KEPT}\n" in shown
    log = ran.backend.outputs(ran.submission)["first/first.log"].decode()
    assert f"neurodesk: {KEPT}\nneurodesk: warning: {NOT_KEPT}\n" in log


def test_the_result_that_vanished_is_among_the_outputs_apart_and_is_downloaded(
    ran: Ran, tmp_path: Path
) -> None:
    arguments = ("runs", "outputs", ran.run["run_id"], "--runtime-config", CONFIG)
    listed = [one for one in ran.backend.read(*arguments) if one["undeclared"]]
    assert [(one["task"], one["path"], one["size"]) for one in listed] == [
        ("first", "undeclared/maps/gm.txt", 8),
        ("first", "undeclared/result.csv", 4),
    ]
    assert all(len(one["sha256"]) == 64 for one in listed)
    table = ran.backend.cli(*arguments).stdout
    declared, _, undeclared = table.partition("\nundeclared: kept, but no other task gets them\n")
    assert "first.ipynb" in declared
    assert "result.csv" not in declared
    assert "undeclared/result.csv" in undeclared
    ran.backend.cli(*arguments, "--download", str(tmp_path / "here"), check=True)
    assert (tmp_path / "here/first/undeclared/result.csv").read_text() == "a,b\n"


def test_the_runs_page_shows_both(ran: Ran) -> None:
    page = html.unescape(ran.backend.run_page(ran.run["run_id"]))
    assert "<summary>2 undeclared</summary>" in page
    assert "/outputs/first/undeclared/result.csv" in page
    assert KEPT in page
    assert NOT_KEPT in page


def test_the_check_says_so_beforehand(ran: Ran) -> None:
    report = json.loads(ran.backend.cli("check", str(ran.folder / "undeclared.pipeline"), "--json").stdout)
    assert [(one["code"], one["message"].split("'")[1]) for one in report["findings"]] == [
        ("ND-CHECK-502", "result.csv"),
        ("ND-CHECK-502", "maps/gm.txt"),
        ("ND-CHECK-502", "warp.nii"),
    ]
