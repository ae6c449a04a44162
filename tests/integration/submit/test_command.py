"""``elyra-neurodesk submit`` as a user meets it: a bar, a line, nothing left over."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.runs.servers import RESET, Reply
from tests.integration.submit.kfp_api import Fault, KfpApi, running_kfp_api
from tests.integration.submit.store_proxy import Judge, StoreProxy, nothing, store_proxy
from tests.support.backend import command
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.objectstore import ObjectStore
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline


@dataclass
class Place:
    """A home with a runtime configuration that names a KFP API and an object store of the test's own."""

    jupyter: JupyterHome
    api: KfpApi
    store: StoreProxy
    temporary: Path

    def submit(self, file: Path, *options: str) -> Any:
        return self.jupyter.run(*command("submit", str(file), *options), check=False)


@contextmanager
def place(folder: Path, store: ObjectStore, judge: Judge = nothing, **faults: list[Fault]) -> Iterator[Place]:
    with running_kfp_api(**faults) as api, store_proxy(store.endpoint, judge) as proxy:
        jupyter = JupyterHome(folder / "home")
        temporary = folder / "tmp"
        temporary.mkdir()
        jupyter.env |= {"TMPDIR": str(temporary), "TERM": "xterm"}
        keys = (store.access_key, store.secret_key)
        metadata = neurodesk_metadata(proxy.url, *keys, cos_bucket=store.bucket, api_endpoint=api.url)
        jupyter.runtime_config("here", **metadata)
        yield Place(jupyter, api, proxy, temporary)


@pytest.fixture
def hundred(tmp_path: Path) -> Path:
    """A chain of 100 nodes of one notebook."""
    write_notebook(tmp_path / "work/one.ipynb", f"text = {os.urandom(20).hex()!r}")
    names = [f"node {number}" for number in range(100)]
    nodes = [
        notebook_node(name, "one.ipynb", parents)
        for name, parents in zip(names, [[], *([name] for name in names)], strict=False)
    ]
    return write_pipeline(tmp_path / "work/hundred.pipeline", nodes)


def test_a_hundred_nodes_of_one_notebook_need_few_requests_and_none_is_repeated(
    store: ObjectStore, hundred: Path, tmp_path: Path
) -> None:
    with place(tmp_path, store) as here:
        first = here.submit(hundred, "--json")
        assert first.returncode == 0, first.stderr
        assert first.stderr == ""
        assert json.loads(first.stdout)["run_id"] == here.api.runs[0]["run_id"]
        assert len(here.store.asked) <= 10
        assert here.store.count("PUT") >= 1
        here.store.asked.clear()
        assert here.submit(hundred).returncode == 0
        assert len(here.store.asked) <= 5
        assert here.store.count("PUT") == 0
        assert len(here.api.runs) == 2
        assert list(here.temporary.iterdir()) == []


def test_on_a_terminal_a_bar_shows_the_uploads(store: ObjectStore, hundred: Path, tmp_path: Path) -> None:
    with place(tmp_path, store) as here:
        ours, theirs = pty.openpty()
        seen: list[bytes] = []

        def read() -> None:
            try:
                while piece := os.read(ours, 4096):
                    seen.append(piece)
            except OSError:  # the other side has closed
                pass

        reader = threading.Thread(target=read)
        reader.start()
        arguments = command("submit", str(hundred))
        done = subprocess.run(
            arguments, env=here.jupyter.env, stdout=subprocess.PIPE, stderr=theirs, check=False
        )
        os.close(theirs)
        reader.join()
        os.close(ours)
    assert done.returncode == 0
    assert b"uploading" in b"".join(seen)
    assert b"uploading" not in done.stdout


DENIED = Reply(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"create_run": [Fault(Reply(401, {"error": "the token has expired"}))]}, "ND-API-005"),
        ({"create_run": [Fault(RESET)] * 9, "find_run": [Fault(Reply(500))] * 9}, "ND-SUBMIT-002"),
        ({"health": [Fault(Reply(404))] * 9}, "ND-API-006"),
        ({}, "ND-STORE-102"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_submission_that_fails_is_one_line_no_run_and_leaves_no_file(
    store: ObjectStore, hundred: Path, tmp_path: Path, fault: dict[str, list[Fault]], code: str
) -> None:
    def deny(request: Any, number: int) -> Reply | None:
        return DENIED if request.method == "PUT" else None

    with place(tmp_path, store, nothing if fault else deny, **fault) as here:
        done = here.submit(hundred)
        assert done.returncode == 1
        assert done.stdout == ""
        assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [code], done.stderr
        assert here.api.runs == []
        assert list(here.temporary.iterdir()) == []


@pytest.mark.parametrize(
    "command_line", [["submit"], ["export", "--output", "out.yaml"]], ids=lambda given: given[0]
)
def test_a_configuration_of_elyras_own_kind_is_refused_before_anything_starts(
    store: ObjectStore, hundred: Path, tmp_path: Path, command_line: list[str]
) -> None:
    with place(tmp_path, store) as here:
        metadata = neurodesk_metadata(here.store.url, "user", "password", api_endpoint=here.api.url)
        here.jupyter.runtime_config("stock", "kfp", **metadata)
        name, *options = command_line
        arguments = command(name, str(hundred), "--runtime-config", "stock", *options)
        done = here.jupyter.run(*arguments, check=False, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stdout == ""
        assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["ND-CONFIG-012"], done.stderr
        assert "'stock'" in done.stderr
        assert here.api.calls == {}
        assert here.store.asked == []
        assert not (tmp_path / "out.yaml").exists()
        listed = here.jupyter.run(*command("runs", "list", "--runtime-config", "stock", "--json"))
        assert json.loads(listed.stdout) == []
