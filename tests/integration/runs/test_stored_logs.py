"""Logs of a cluster's run that KFP's API does not have, from the object store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from elyra_neurodesk.cli.main import run as command
from tests.integration.runs.servers import answering, serving
from tests.integration.runs.test_observer import RUNS, generic, kfp
from tests.support.kubeflow import recording
from tests.support.objectstore import ObjectStore, running_nanio

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


def client_put(store: ObjectStore, key: str, content: bytes) -> None:
    from io import BytesIO

    store.client.put_object("mlpipeline", key, BytesIO(content), len(content))
