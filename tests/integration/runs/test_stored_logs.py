"""Logs of a cluster's run that KFP's API does not have, from the object store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from elyra_neurodesk.cli.main import run as command
from tests.integration.runs.servers import answering, serving
from tests.integration.runs.test_observer import RUNS, generic, kfp
from tests.support.kubeflow import Recording, recording
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.records import as_file, file_so_far, life_sign, task_record

Register = Callable[..., str]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_nanio(tmp_path_factory.mktemp("nanio"), "logs") as running:
        running.client.make_bucket("mlpipeline")
        yield running


def use(register: Register, store: ObjectStore, api: str) -> None:
    keys = {"cos_username": store.access_key, "cos_password": store.secret_key}
    register(api_endpoint=api, cos_endpoint=store.endpoint, cos_bucket=store.bucket, **keys)


@pytest.mark.parametrize(("name", "task"), [("pending-no-claim", "hello"), ("slow", "slow")])
def test_the_log_so_far_of_a_task_that_runs_or_was_cancelled_is_the_stored_one(
    register: Register, store: ObjectStore, capsys: pytest.CaptureFixture[str], name: str, task: str
) -> None:
    run = recording(name)
    store.put(f"p/{run.run_id}/{task}/{task}.log", b"neurodesk: cell 2 of 3\n")
    with serving(answering(generic(store, run, task))) as server:
        use(register, store, server.url)
        assert command(["runs", "logs", run.run_id, task]) == 0
    assert capsys.readouterr().out == "neurodesk: cell 2 of 3\n"


def test_the_log_of_a_catalog_node_is_the_one_that_kfp_stored(
    register: Register, store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recording("chain")
    answers = kfp(run, "take", "inform")
    answers[f"{RUNS}/{run.run_id}"].content["pipeline_spec"]["pipelineInfo"] = {"name": "chain"}
    key = f"v2/artifacts/chain/{run.run_id}/take/0b1c/executor-logs-0"
    client_put(store, key, b"taken\n")
    with serving(answering(answers)) as server:
        use(register, store, server.url)
        assert command(["runs", "logs", run.run_id, "take"]) == 0
        assert capsys.readouterr().out == "taken\n"
        assert command(["runs", "logs", run.run_id, "inform"]) == 1
        assert capsys.readouterr().err.startswith("ND-RUNS-007: ")


def cancelled(store: ObjectStore) -> Recording:
    """Return a run whose task was killed after it had stored its log and its notebook so far."""
    run = recording("slow")
    directory = f"p/{run.run_id}/slow"
    files = {
        name: file_so_far(path, "slow") | {"key": f"{directory}/{path}"}
        for name, path in (("log", "slow.log"), ("notebook", "slow-output.ipynb"))
    }
    store.put(f"{directory}/life-sign.json", as_file(life_sign("slow", run_id=run.run_id, **files)))
    store.put(files["log"]["key"], b"neurodesk: cell 2 of 3\n")
    store.put(files["notebook"]["key"], b"{}")
    return run


def test_a_log_and_a_notebook_of_a_task_that_never_recorded_its_end_are_marked(
    register: Register, store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cancelled(store)
    with serving(answering(generic(store, run, "slow"))) as server:
        use(register, store, server.url)
        assert command(["runs", "logs", run.run_id, "slow"]) == 0
        out, err = capsys.readouterr()
        assert out == "neurodesk: cell 2 of 3\n"
        assert err == "log of slow as of 2026-11-22 12:00:29 UTC; its task ended without storing the rest\n"
        assert command(["runs", "logs", run.run_id, "slow", "--follow"]) == 0
        assert capsys.readouterr() == (out, err)
        assert command(["runs", "logs", run.run_id, "--json"]) == 0
        (one,) = json.loads(capsys.readouterr().out)
        assert (one["as_of"], one["log"]) == ("2026-11-22T12:00:29+00:00", out)
        assert command(["runs", "outputs", run.run_id, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {one["path"]: one["as_of"] for one in found} == dict.fromkeys(
            ("slow.log", "slow-output.ipynb"), "2026-11-22T12:00:29+00:00"
        )
        assert command(["runs", "outputs", run.run_id]) == 0
        assert capsys.readouterr().out.count("2026-11-22 12:00:29 UTC") == 2


def test_the_final_log_has_no_mark(
    register: Register, store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cancelled(store)
    # of an attempt that began before the last sign of life, and ended after it
    record = task_record("slow", run_id=run.run_id, exit_status=1)
    key = f"p/{run.run_id}/slow/task-record.json"
    store.put(key, as_file(record | {"finished": "2026-11-22T12:00:40.000Z"}))
    try:
        with serving(answering(generic(store, run, "slow"))) as server:
            use(register, store, server.url)
            assert command(["runs", "logs", run.run_id, "slow"]) == 0
            assert capsys.readouterr().err == ""
            assert command(["runs", "outputs", run.run_id, "--json"]) == 0
            assert {one["as_of"] for one in json.loads(capsys.readouterr().out)} == {None}
    finally:
        store.client.remove_object(store.bucket, key)


def test_of_catalog_nodes_it_is_said_where_their_logs_and_outputs_are(
    register: Register, store: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recording("chain")
    answers = generic(store, run, "take")
    spec = answers[f"{RUNS}/{run.run_id}"].content["pipeline_spec"]
    spec["pipelineInfo"] = {"name": "chain"}
    spec["root"]["dag"]["tasks"]["inform"] = {"componentRef": {"name": "c"}}
    with serving(answering(answers)) as server:
        use(register, store, server.url)
        assert command(["runs", "logs", run.run_id, "inform"]) == 1
        assert "It is a node of a component catalog: KFP stores its log" in capsys.readouterr().err
        assert command(["runs", "outputs", run.run_id]) in (0, 1)
        place = f"bucket mlpipeline below v2/artifacts/chain/{run.run_id}/TASK/"
        assert f"outputs of catalog nodes (inform) are artifacts of KFP in {place}" in capsys.readouterr().err


def client_put(store: ObjectStore, key: str, content: bytes) -> None:
    from io import BytesIO

    store.client.put_object("mlpipeline", key, BytesIO(content), len(content))
