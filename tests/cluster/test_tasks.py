"""Tasks in hardened pods of KFP's shape: start script, zipapp, object store, and what `runs` says of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from elyra_neurodesk.cli.main import run as command
from elyra_neurodesk.elyra_adapter.connection import connect
from elyra_neurodesk.runs.log_sources import RunLogs
from elyra_neurodesk.runs.observer import Observer
from elyra_neurodesk.runs.results import RunResults
from tests.cluster.kfp import Run, kfp_api
from tests.cluster.node import Cluster
from tests.cluster.objects import create_pod
from tests.cluster.tasks import Tasks, applied, runtime_configuration, use_cluster
from tests.support.objectstore import running_nanio
from tests.support.recorded_pods import container

WITHIN = 120.0  # seconds
READERS = ["--reader-group", "lab"]


@pytest.fixture(scope="module")
def tasks(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    directory = tmp_path_factory.mktemp("tasks")
    with pytest.MonkeyPatch.context() as patched:
        use_cluster(cluster, directory, patched)
        with running_nanio(directory, host=cluster.address) as store, applied(cluster, store, *READERS):
            runtime_configuration(directory, store)
            yield Tasks(cluster, store, directory)


@pytest.fixture
def use(
    tasks: Tasks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Run], str]]:
    """Return what makes commands ask KFP's API about a run; it returns the run's id.

    The cluster is asked by an account that may do no more than `cluster apply` lets the group of readers do.
    """
    reader = str(tasks.cluster.control_plane.kubeconfig_of("ana", ["lab"], tasks.namespace))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", reader)
    with ExitStack() as servers:

        def start(run: Run) -> str:
            api = servers.enter_context(kfp_api(run))
            fields = {"api_endpoint": api.url, "kube_context": "tests"}
            runtime_configuration(tasks.directory, tasks.store, **fields)
            capsys.readouterr()
            return run.run_id

        yield start


def said(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """Run a command and return what it printed."""
    ended = command(list(words))
    out, err = capsys.readouterr()
    assert ended == status, err
    return out


def shown(capsys: pytest.CaptureFixture[str], run_id: str) -> dict[str, Any]:
    """Return the only task of a run as `runs show` has it."""
    (task,) = json.loads(said(capsys, "runs", "show", run_id, "--json"))["tasks"]
    return dict(task)


def wait_for(ask: Callable[[], Any], condition: Callable[[Any], object]) -> Any:
    """Return the first answer that is as it should be."""
    deadline = time.monotonic() + WITHIN
    while not condition(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.5)
    return answer


@pytest.mark.parametrize(("uid", "gid"), [(0, 0), (1000, 100)])
def test_a_hardened_notebook_is_followed_to_its_end_and_leaves_all_that_belongs_to_a_run(
    tasks: Tasks, use: Callable[[Run], str], capsys: pytest.CaptureFixture[str], uid: int, gid: int
) -> None:
    cells = [
        "import os\nprint('as', os.getuid())",
        "!hello",
        "import time\ntime.sleep(3)\nwith open('answer.txt', 'w') as file:\n    file.write('42')",
        "print('the end')",
    ]
    options = ["--modules", "hello/1.0", "--output-file", "answer.txt"]
    run = tasks.export(f"as-{uid}", *cells, options=options)
    pod = create_pod(tasks.cluster.client, run.pod(f"as-{uid}-ipynb", runAsUser=uid, runAsGroup=gid))
    run_id = use(run)
    log = said(capsys, "runs", "logs", run_id, f"as-{uid}-ipynb", "--follow")
    # besides, ours, and a warning that a kernel may print
    lines = [line for line in log.splitlines() if not line.startswith(("neurodesk: ", "[IPKernelApp]"))]
    assert [line for line in lines if line] == [f"as {uid}", "hello from CVMFS", "the end"]
    assert said(capsys, "runs", "logs", run_id, f"as-{uid}-ipynb") in log
    task = wait_for(lambda: shown(capsys, run_id), lambda task: task["state"] == "SUCCEEDED")
    assert (task["exit_status"], task["message"]) == (0, "")
    assert (task["pod"], task["node"]) == (pod["metadata"]["name"], tasks.cluster.node)
    found = json.loads(said(capsys, "runs", "outputs", run_id, "--json"))
    files = {one["path"]: one for one in found}
    assert {"answer.txt", f"as-{uid}.log", "task-record.json"} <= files.keys()
    assert (files["answer.txt"]["size"], files["answer.txt"]["as_of"]) == (2, None)
    record = json.loads(said(capsys, "runs", "record", run_id, "--json"))
    assert record["state"] == "SUCCEEDED"


def test_a_killed_task_has_shown_its_progress_and_leaves_log_and_notebook_as_of_a_time(
    tasks: Tasks, use: Callable[[Run], str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = tasks.export(
        "slow",
        "print('begun')",
        "import time\ntime.sleep(600)",
        options=["--env", "NEURODESK_LIFE_SIGN_SECONDS=1"],
    )
    create_pod(tasks.cluster.client, run.pod("slow-ipynb"))
    run_id = use(run)
    task = wait_for(lambda: shown(capsys, run_id), lambda task: task["progress"] == "1 of 2 cells")
    assert (task["state"], task["sources"]["progress"]) == ("RUNNING", "life sign")
    wait_for(
        lambda: json.loads(said(capsys, "runs", "outputs", run_id, "--json")),
        lambda found: {"slow.log", "slow.ipynb"} <= {one["path"] for one in found if one["as_of"]},
    )
    run.cancel()
    task = shown(capsys, run_id)
    assert task["state"] == "CANCELED"
    assert command(["runs", "logs", run_id, "slow-ipynb"]) == 0
    out, err = capsys.readouterr()
    assert "begun" in out.splitlines()
    assert err.startswith("log of ")
    assert "as of 20" in err
    assert "its task ended without storing the rest" in err


def test_a_catalog_nodes_log_is_followed_in_its_pod(
    tasks: Tasks, use: Callable[[Run], str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = tasks.tool("echo first; sleep 4; printf 'a\\rb\\n'; printf 'no line break'")
    create_pod(tasks.cluster.client, run.pod("tool"))
    run_id = use(run)
    early = wait_for(lambda: command(["runs", "logs", run_id, "tool"]), lambda status: status == 0)
    assert early == 0
    assert "first\n" in capsys.readouterr().out
    assert said(capsys, "runs", "logs", run_id, "tool", "-f") == "first\na\rb\nno line break\n"
    assert said(capsys, "runs", "logs", run_id, "tool", "--tail", "1") == "no line break\n"


def test_the_stored_log_goes_on_where_that_of_a_pod_ended(tasks: Tasks, use: Callable[[Run], str]) -> None:
    run = tasks.export("handed", "1")
    pod = run.pod("handed-ipynb")
    container(pod, "main")["command"] = ["sh", "-c", "echo launcher; echo neurodesk: one; sleep 600"]
    create_pod(tasks.cluster.client, pod)
    run_id = use(run)
    results = RunResults.of(connect(None), run_id)
    observer = Observer(results)
    logs, got = RunLogs(results, observer.pods), bytearray()

    def passed_on() -> bytes:
        (task,) = observer.final().tasks
        logs.pass_on_new(task, partial(bytearray.extend, got))
        return bytes(got)

    wait_for(passed_on, lambda text: text == b"launcher\nneurodesk: one\n")
    key = results.specs["handed-ipynb"].run_key(run.run_id, "handed-ipynb", "handed.log")
    tasks.store.put(key, b"neurodesk: ")  # it lags behind
    assert passed_on() == b"launcher\nneurodesk: one\n"
    run.cancel()
    assert passed_on() == b"launcher\nneurodesk: one\n"
    tasks.store.put(key, b"neurodesk: one\nneurodesk: two\n")
    assert passed_on() == b"launcher\nneurodesk: one\nneurodesk: two\n"
    assert passed_on() == b"launcher\nneurodesk: one\nneurodesk: two\n"


def test_an_object_store_of_a_wrong_name_is_told_by_the_pods_status(
    tasks: Tasks, use: Callable[[Run], str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = tasks.export("lost", "1")
    pod = run.pod("lost-ipynb")
    main = container(pod, "main")
    main["command"] = [word.replace(tasks.cluster.address, "no-such-store") for word in main["command"]]
    create_pod(tasks.cluster.client, pod)
    run_id = use(run)
    task = wait_for(lambda: shown(capsys, run_id), lambda task: task["state"] == "FAILED")
    assert task["message"].startswith("ND-START-004: ")
    assert "no-such-store" in task["message"]
    assert task["sources"]["message"] == "pod"
    assert said(capsys, "runs", "logs", run_id, "lost-ipynb").startswith("ND-START-004: ")
