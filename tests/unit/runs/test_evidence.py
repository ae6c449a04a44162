"""What tasks and pods say of a run, joined with what KFP's API says of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.cluster.pods import newest_by_task, report
from elyra_neurodesk.record.codec import from_json
from elyra_neurodesk.record.life_sign import LifeSign
from elyra_neurodesk.runs.evidence import Evidence, join
from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary, summarize
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.kubeflow import recording
from tests.support.records import life_sign, read_task_record

NOW = datetime(2026, 11, 24, 13, 15, 30, tzinfo=UTC)


def spec(name: str) -> SpecTask:
    store = StorageLocation("http://x", "b")
    return SpecTask(name, name, TaskSpec("p", "p", name, name, "f.ipynb", "0" * 64, store))


def summary(name: str, *tasks: str) -> RunSummary:
    return summarize(recording(name).model(), [spec(task) for task in tasks], now=NOW)


def pods(name: str) -> dict[str, Any]:
    recorded = recording(name)
    return newest_by_task(report(pod, recorded.events) for pod in recorded.pods)


def sign(**changes: Any) -> LifeSign:
    times = {"started": "2026-11-24T13:14:00.000Z", "updated": "2026-11-24T13:15:25.000Z"}
    return from_json(LifeSign, life_sign(**{**times, **changes}))


def only(run: RunSummary) -> TaskSummary:
    (task,) = run.tasks
    return task


def test_records_beat_what_kfp_no_longer_sees() -> None:
    names = ["first", *(f"n{number}" for number in range(24))]
    run = summary("wide25", *names)
    records = {name: read_task_record(name) for name in names}
    joined = join(run, Evidence(records, stored=True), NOW)
    assert Counter(task.state for task in joined.tasks) == {"SUCCEEDED": 25}
    assert {task.exit_status for task in joined.tasks} == {0}
    assert Counter(task.sources["state"] for task in joined.tasks)["record"] > 15
    error = {"code": "ND-RUN-001", "message": "no.", "hint": ""}
    records["n9"] = read_task_record("n9", exit_status=1, error=error)
    failed = {task.name: task for task in join(run, Evidence(records, stored=True), NOW).tasks}["n9"]
    assert (failed.state, failed.message.strip()) == ("FAILED", "ND-RUN-001: no.")


def test_what_kfp_itself_saw_end_is_not_changed_by_a_record() -> None:
    run = summary("failed-no-store", "hello")
    task = only(join(run, Evidence({"hello": read_task_record("hello")}, stored=True), NOW))
    assert (task.state, task.sources["state"], task.sources["seconds"]) == ("FAILED", "kfp", "record")


@pytest.mark.parametrize(
    ("name", "task", "code"),
    [
        ("pending-wrong-image", "wi", "ND-KUBE-001"),
        ("pending-no-claim", "hello", "ND-KUBE-005"),
        ("pending-no-secret", "hello", "ND-KUBE-008"),
        ("pending-no-room", "big", "ND-KUBE-003"),
    ],
)
def test_a_task_that_waits_for_ever_says_why(name: str, task: str, code: str) -> None:
    said = summary(name, task)
    assert only(said).state == "RUNNING"  # as KFP has it
    found = only(join(said, Evidence(pods=pods(name), stored=True), NOW))
    assert (found.state, found.message.partition(":")[0]) == ("PENDING", code)
    assert (found.sources["state"], found.sources["message"]) == ("pod", "pod")
    assert found.pod


@pytest.mark.parametrize(
    ("name", "task", "code"),
    [
        ("oom", "oom", "ND-KUBE-010"),
        ("missingmod", "mm", "ND-MODULE-001"),
        ("failed-no-store", "hello", "ND-KUBE-018"),
        ("chain", "strip", "ND-KUBE-017"),
    ],
)
def test_a_failure_without_a_message_gets_the_pods(name: str, task: str, code: str) -> None:
    found = only(join(summary(name, task), Evidence(pods=pods(name), stored=True), NOW))
    assert (found.state, found.message.partition(":")[0]) == ("FAILED", code)


def test_a_records_message_counts_more_than_the_signs_and_that_more_than_the_pods() -> None:
    run, evidence = summary("oom", "oom"), Evidence(pods=pods("oom"), stored=True)
    of_sign = {"code": "ND-RUN-001", "message": "from the sign", "hint": ""}
    ended = sign(state="ended", exit_status=1, error=of_sign)
    assert "more memory" in only(join(run, evidence, NOW)).message
    with_sign = Evidence(signs={"oom": ended}, pods=evidence.pods, stored=True)
    assert "from the sign" in only(join(run, with_sign, NOW)).message
    record = read_task_record("oom", exit_status=1, error={**of_sign, "message": "from the record"})
    both = Evidence({"oom": record}, {}, evidence.pods, True)
    assert "from the record" in only(join(run, both, NOW)).message


def test_a_failure_without_any_word_says_what_that_means_and_what_to_ask() -> None:
    evidence = Evidence(stored=True, namespace="kubeflow")
    found = only(join(summary("failed-no-store", "hello"), evidence, NOW))
    assert "no record" in found.message
    assert "describe pods -l pipeline/runid=7322f877" in found.message
    silent = only(join(summary("failed-no-store", "hello"), Evidence(), NOW))
    assert silent.message == ""  # nothing follows where the store was not asked


def test_without_the_cluster_a_minute_without_a_sign_of_life_is_reported() -> None:
    run = summary("pending-no-claim", "hello")
    evidence = Evidence(stored=True, namespace="kubeflow")
    began = only(run).started
    assert began is not None
    later = only(join(run, evidence, NOW))
    assert later.state == "RUNNING"
    assert later.message.startswith("no sign of life for 1 min 3")
    assert "kube_context" in later.message
    assert only(join(run, evidence, began.replace(microsecond=500))).message == ""


def test_a_task_that_writes_no_signs_of_life_is_not_called_silent() -> None:
    run = summary("pending-no-claim", "hello")
    evidence = Evidence(stored=True, namespace="kubeflow", mute=frozenset({"hello"}))
    assert only(join(run, evidence, NOW)).message == ""
    silent = sign(state="running", updated="2026-11-24T13:14:10.000Z")  # an image's own, newer bootstrapper
    found = only(join(run, replace(evidence, signs={"hello": silent}), NOW))
    assert found.message.startswith("no sign of life since")


def test_a_sign_of_life_says_how_far_the_task_is_and_where() -> None:
    run = summary("pending-no-claim", "hello")
    running = sign(state="running", cells_done=3, cells=10, pod="p-1", node="n-1")
    found = only(join(run, Evidence(signs={"hello": running}, stored=True), NOW))
    assert (found.state, found.progress, found.pod, found.node) == ("RUNNING", "3 of 10 cells", "p-1", "n-1")
    assert (found.message, found.seconds) == ("", 90.0)
    assert found.sources["state"] == "life sign"


def test_a_sign_of_life_that_is_old_is_reported() -> None:
    run = summary("pending-no-claim", "hello")
    silent = sign(state="running", updated="2026-11-24T13:14:10.000Z")
    found = only(join(run, Evidence(signs={"hello": silent}, stored=True), NOW))
    assert found.message.startswith("no sign of life since 2026-11-24 13:14:10 UTC (1 min 20 s)")


def test_a_cancelled_task_keeps_its_progress_and_is_no_failure() -> None:
    run = summary("slow", "slow")
    running = sign(state="running", cells_done=1, cells=2)
    found = only(join(run, Evidence(signs={"slow": running}, pods=pods("slow"), stored=True), NOW))
    assert (found.state, found.message, found.progress) == ("CANCELED", "", "1 of 2 cells")
    done = read_task_record("slow")
    assert only(join(run, Evidence({"slow": done}, stored=True), NOW)).state == "SUCCEEDED"


def test_a_record_of_an_earlier_attempt_does_not_count() -> None:
    run = summary("pending-no-claim", "hello")
    older = read_task_record("hello", exit_status=1)  # of 2026-11-22
    found = only(join(run, Evidence({"hello": older}, stored=True), NOW))
    assert (found.state, found.exit_status) == ("RUNNING", None)
