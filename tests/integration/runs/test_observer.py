"""A run of a cluster on the command line: KFP's API and Kubernetes' answer as they were recorded."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import write_document
from elyra_neurodesk.cli.main import run as command
from elyra_neurodesk.storage.location import StorageLocation
from tests.integration.runs.servers import HEALTHZ, Reply, answering, closed_port, healthy, serving
from tests.support.kubeflow import Recording, recording
from tests.support.kubernetes_api import Cluster, kubeconfig, serving_cluster
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.records import as_file, life_sign, task_record
from tests.support.specs import as_v2

RUNS = "/apis/v2beta1/runs"


def kfp(run: Recording, *tasks: str) -> dict[str, Reply]:
    """Return what KFP's API answers; the pipeline stands in the run, and its tasks are catalog components."""
    spec = {
        "root": {"dag": {"tasks": {task: {"componentRef": {"name": "c"}} for task in tasks}}},
        "components": {"c": {"executorLabel": "e"}},
        "deploymentSpec": {"executors": {"e": {"container": {"image": "x"}}}},
    }
    content = {**run.run, "pipeline_spec": spec}
    return {HEALTHZ: healthy(), "/": Reply(404), f"{RUNS}/{run.run_id}": Reply(content=content)}


def shown(capsys: pytest.CaptureFixture[str], run: Recording, *more: str, status: int = 0) -> Any:
    assert command(["runs", "show", run.run_id, "--json", *more]) == status
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    path = tmp_path / "kubeconfig"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return lambda url: kubeconfig(path, url)


def test_the_reason_of_a_pod_is_shown_with_its_source(register, context, capsys) -> None:
    run = recording("pending-wrong-image")
    cluster = Cluster(list(run.pods), list(run.events))
    with serving(answering(kfp(run, "wi"))) as server, serving_cluster(cluster) as kubernetes:
        context(kubernetes.url)
        register(api_endpoint=server.url)
        assert shown(capsys, run)["tasks"][0]["state"] == "RUNNING"
        assert not kubernetes.asked  # without a context the cluster is not asked
        (task,) = shown(capsys, run, "--kube-context", "lab")["tasks"]
        assert (task["state"], task["sources"]["state"]) == ("PENDING", "pod")
        assert task["message"].startswith("ND-KUBE-001: image vnmd/doesnotexist:1 cannot be pulled")
        register(api_endpoint=server.url, kube_context="lab")
        assert shown(capsys, run)["tasks"][0]["message"] == task["message"]
        assert command(["runs", "watch", run.run_id, "--timeout", "0.1"]) == 5
        out, err = capsys.readouterr()
        assert "wi: PENDING" in out
        assert "ND-KUBE-001" in out
        assert err.startswith(f"ND-RUNS-006: run {run.run_id} has not ended within 0.1 s. The run goes on:")


def test_a_cluster_that_cannot_be_asked_is_a_note_and_no_failure(register, context, capsys) -> None:
    run = recording("hello")
    with serving(answering(kfp(run, "hello"))) as server:
        with serving_cluster(Cluster(denied=frozenset({"pods"}))) as kubernetes:
            context(kubernetes.url)
            register(api_endpoint=server.url, kube_context="lab")
            found = shown(capsys, run)
        assert found["tasks"][0]["state"] == "SUCCEEDED"
        assert found["notes"][0].startswith("what pods say is not known: ND-CLUSTER-011: ")
        register(api_endpoint=server.url, kube_context="elsewhere")
        assert "no context elsewhere" in shown(capsys, run)["notes"][0]
        assert command(["runs", "show", run.run_id, "--kube-context", "elsewhere"]) == 1
        assert capsys.readouterr().err.startswith("ND-CLUSTER-002: ")


def test_a_namespace_without_the_runs_pods_is_reported(register, context, capsys) -> None:
    run = recording("pending-no-claim")
    with serving(answering(kfp(run, "hello"))) as server, serving_cluster(Cluster()) as kubernetes:
        context(kubernetes.url)
        register(api_endpoint=server.url, kube_context="lab")
        (note,) = shown(capsys, run)["notes"]
    assert note.startswith("namespace kubeflow of the cluster has no pod of this run")


def test_a_run_that_was_cancelled_ends_a_watch_as_cancelled(register, capsys) -> None:
    run = recording("slow")
    with serving(answering(kfp(run, "slow"))) as server:
        register(api_endpoint=server.url, cos_endpoint=f"http://127.0.0.1:{closed_port()}")
        assert command(["runs", "watch", run.run_id]) == 4
        out = capsys.readouterr().out
        assert f"run {run.run_id}: CANCELED" in out
        assert "FAILED" not in out


def generic(store: ObjectStore, run: Recording, *tasks: str) -> dict[str, Reply]:
    """Return what KFP's API answers for a run of notebooks whose outputs are in a store."""
    location = StorageLocation(store.endpoint, store.bucket)
    answers = kfp(run, *tasks)
    spec = answers[f"{RUNS}/{run.run_id}"].content["pipeline_spec"]
    for name, task in spec["root"]["dag"]["tasks"].items():
        text = as_v2(TaskSpec("p", "p", name, name, f"{name}.ipynb", "0" * 64, location))
        task["inputs"] = {"parameters": {"task": {"runtimeValue": {"constant": text}}}}
    return answers


def test_the_tasks_of_a_document_are_found_and_a_store_that_is_away_is_a_note(
    register, capsys, tmp_path: Path
) -> None:
    waiting = recording("pending-no-claim")
    with running_nanio(tmp_path, "documents") as store:
        place = StorageLocation(store.endpoint, store.bucket, "pre")
        document = write_document([TaskSpec("p", "p", "hello", "Say hello", "hello.ipynb", "0" * 64, place)])
        sha256 = hashlib.sha256(document).hexdigest()
        answers = kfp(waiting, "hello")
        spec = answers[f"{RUNS}/{waiting.run_id}"].content["pipeline_spec"]
        url = place.url(place.bootstrapper_key("0" * 64))
        spec["deploymentSpec"]["executors"]["e"]["container"]["args"] = [url, sha256]
        task = spec["root"]["dag"]["tasks"]["hello"]
        task["inputs"] = {"parameters": {"task": {"runtimeValue": {"constant": "hello"}}}}
        sign = life_sign("hello", cells_done=3, cells=10, updated="2999-01-01T00:00:00.000Z")
        store.put(f"pre/p/{waiting.run_id}/hello/life-sign.json", as_file(sign))
        keys = {"cos_username": store.access_key, "cos_password": store.secret_key}
        with serving(answering(answers)) as server:
            register(api_endpoint=server.url, cos_endpoint=store.endpoint, cos_bucket=store.bucket, **keys)
            (without,) = shown(capsys, waiting)["tasks"]
            store.put(place.specs_key(sha256), document)
            found = shown(capsys, waiting)
            register(api_endpoint=server.url, cos_endpoint=f"http://127.0.0.1:{closed_port()}", **keys)
            away = shown(capsys, waiting)
            assert command(["runs", "outputs", waiting.run_id]) == 1
    assert (without["name"], without["state"]) == ("hello", "RUNNING")
    (task,) = found["tasks"]
    assert (task["display_name"], task["progress"]) == ("Say hello", "3 of 10 cells")
    assert "notes" not in found
    assert (away["tasks"][0]["name"], away["tasks"][0]["state"]) == ("hello", "RUNNING")
    assert away["notes"][0].startswith("what tasks recorded is not known: ND-STORE-")
    assert capsys.readouterr().err.startswith("ND-STORE-")


def test_what_tasks_stored_beats_kfps_stale_word(register, capsys, tmp_path: Path) -> None:
    names = ["first", *(f"n{number}" for number in range(24))]
    wide, waiting = recording("wide25"), recording("pending-no-claim")
    with running_nanio(tmp_path, "observed") as store:
        for name in names[:-1]:
            content = task_record(name, exit_status=int(name == "n5"))
            store.put(f"p/{wide.run_id}/{name}/task-record.json", as_file(content))
        sign = life_sign("hello", cells_done=3, cells=10, updated="2999-01-01T00:00:00.000Z")
        store.put(f"p/{waiting.run_id}/hello/life-sign.json", as_file(sign))
        answers = {**generic(store, wide, *names), **generic(store, waiting, "hello")}
        with serving(answering(answers)) as server:
            keys = {"cos_username": store.access_key, "cos_password": store.secret_key}
            register(api_endpoint=server.url, cos_endpoint=store.endpoint, cos_bucket=store.bucket, **keys)
            found = shown(capsys, wide)
            assert (
                Counter((task["state"], task["sources"]["state"]) for task in found["tasks"])[
                    ("SUCCEEDED", "record")
                ]
                >= 15
            )
            states = {task["name"]: task["state"] for task in found["tasks"]}
            assert [name for name, state in states.items() if state != "SUCCEEDED"] == ["n5"]
            assert (states["n5"], "notes" in found) == ("FAILED", False)
            (task,) = shown(capsys, waiting)["tasks"]
            assert (task["state"], task["progress"], task["sources"]["progress"]) == (
                "RUNNING",
                "3 of 10 cells",
                "life sign",
            )
        with serving(answering(answers)) as server:
            register(api_endpoint=server.url, cos_endpoint=f"http://127.0.0.1:{closed_port()}", **keys)
            found = shown(capsys, waiting)
            assert found["tasks"][0]["state"] == "RUNNING"
            assert found["notes"][0].startswith("what tasks recorded is not known: ND-STORE-")
