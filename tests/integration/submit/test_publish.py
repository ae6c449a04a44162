"""Whatever the KFP API does to the calls of a submission, there is one run, or one line and none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from urllib3.util import retry

from elyra_neurodesk import network
from elyra_neurodesk.elyra_adapter.connection import connect_to
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api import connection as client
from elyra_neurodesk.kfp_api import errors
from elyra_neurodesk.kfp_api.publish import (
    InitContainersUnknown,
    PublishedRun,
    SubmissionRefused,
    SubmissionUnclear,
    TextNotStorable,
    publish,
)
from tests.integration.runs.servers import RESET, Reply, page, serving
from tests.integration.submit.kfp_api import Fault, KfpApi, running_kfp_api
from tests.support.configurations import runtime_configuration

CALLS = ["find_pipeline", "upload_pipeline", "find_pipeline_version", "find_experiment", "create_experiment"]
CALLS += ["create_run"]
HALF = Reply(content={"run_id": "x" * 100}, sent=0.5)
SLOW = Reply(content={}, seconds=0.6)


def submit(api: KfpApi, package: str = "package: 1", **parameters: Any) -> PublishedRun:
    config = runtime_configuration(api_endpoint=api.url)
    return publish(connect_to(config), package, "A study", "about it", "a study", parameters)


def failed(api: KfpApi, expected: type[NeurodeskError]) -> NeurodeskError:
    """Submit, and return the error having checked that it is one line, says what to do, and left no run."""
    with pytest.raises(NeurodeskError) as caught:
        submit(api)
    assert type(caught.value) is expected, caught.value
    assert "\n" not in str(caught.value)
    assert caught.value.hint or expected is errors.RequestRejected
    assert api.runs == []
    return caught.value


def one_run(api: KfpApi, run: PublishedRun) -> None:
    assert [made["run_id"] for made in api.runs] == [run.run_id]
    assert api.runs[0]["display_name"] == run.name
    assert api.runs[0]["pipeline_version_reference"]["pipeline_version_id"] == run.version_id


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "REQUEST_TIMEOUT", (1.0, 0.25))


def test_without_faults_each_call_is_made_once_and_further_submissions_add_versions() -> None:
    with running_kfp_api() as api:
        one_run(api, submit(api))
        assert api.calls == {"health": 1, **dict.fromkeys(CALLS, 1)}
        api.runs.clear()
        one_run(api, submit(api))
        assert [len(api.things[kind]) for kind in ("pipelines", "pipeline_versions", "experiments")] == [
            1,
            2,
            1,
        ]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(401, {"error": "the token has expired"}), errors.AccessDenied),
        (Reply(403, {"message": "no rights in this namespace"}), errors.AccessDenied),
        (Reply(404, {"message": "no such thing"}), SubmissionRefused),
        (Reply(400, {"message": "bad\nname"}), errors.RequestRejected),
        (Reply(302, headers={"Location": "/dex/auth?x=1"}), errors.LoginPage),
        (page("<form>Log in with your password</form>"), errors.LoginPage),
        (page("<p>Welcome</p>"), errors.NotAKfpApi),
    ],
)
def test_a_refusal_is_final_and_told_in_one_line(
    call: str, reply: Reply, expected: type[NeurodeskError]
) -> None:
    with running_kfp_api(**{call: [Fault(reply)]}) as api:
        error = failed(api, expected)
        assert api.calls[call] == 1
        assert error.message.endswith("No run was started.")
        assert ("was uploaded" in error.message) == (
            call in ("find_experiment", "create_experiment", "create_run")
        )


def test_a_run_that_is_refused_leaves_no_pipeline_of_its_own_and_keeps_earlier_versions() -> None:
    refusal = Reply(400, {"message": "the node 'x' requests 99 CPUs"})
    with running_kfp_api(create_run=[Fault(refusal)]) as api:
        error = failed(api, errors.RequestRejected)
        assert "was uploaded, and removed again. No run was started." in error.message
        assert (api.things["pipelines"], api.things["pipeline_versions"]) == ([], [])
        submit(api)
        api.faults["create_run"] = [Fault(refusal)]
        api.runs.clear()
        failed(api, errors.RequestRejected)
        assert [len(api.things[kind]) for kind in ("pipelines", "pipeline_versions")] == [1, 1]


def test_a_version_that_cannot_be_removed_is_named() -> None:
    refusal, denied = Reply(400, {"message": "no"}), Reply(403, {"message": "no rights"})
    with running_kfp_api(create_run=[Fault(refusal)], delete_version=[Fault(denied)]) as api:
        assert "was uploaded. No run was started." in failed(api, errors.RequestRejected).message
        assert len(api.things["pipeline_versions"]) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("reply", [RESET, HALF, Reply(500), Reply(502), Reply(503)], ids=repr)
@pytest.mark.parametrize("done", [False, True])
def test_a_call_whose_answer_is_lost_leads_to_one_run(call: str, reply: Reply, done: bool) -> None:
    with running_kfp_api(**{call: [Fault(reply, done)]}) as api:
        one_run(api, submit(api))
        assert len(api.things["pipelines"]) == len(api.things["experiments"]) == 1


@pytest.mark.parametrize("reply", [RESET, HALF, Reply(502), Reply(504), Reply(408)], ids=repr)
def test_a_run_that_appears_some_time_after_its_answer_was_lost_is_not_made_again(reply: Reply) -> None:
    with running_kfp_api(create_run=[Fault(reply, later=0.1)]) as api:
        one_run(api, submit(api))
        assert api.calls["create_run"] == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("call", ["upload_pipeline", "create_experiment", "create_run"])
def test_what_was_made_but_answered_too_late_is_found(call: str) -> None:
    with running_kfp_api(**{call: [Fault(SLOW, done=True)]}) as api:
        one_run(api, submit(api))
        assert api.calls[call] == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("call", CALLS[:-1])
def test_no_answer_in_time_is_told_without_waiting_again(call: str) -> None:
    with running_kfp_api(**{call: [Fault(SLOW)]}) as api:
        assert "within 0.25 s" in failed(api, errors.NoAnswerInTime).message
        assert api.calls[call] == 1


@pytest.mark.usefixtures("impatient")
def test_a_run_that_may_still_be_on_its_way_is_not_asked_for_again() -> None:
    with running_kfp_api(create_run=[Fault(SLOW)]) as api:
        error = failed(api, SubmissionUnclear)
        assert api.calls["create_run"] == 1
        assert api.calls["find_run"] == 4
        assert "no such run is there yet" in error.message
        assert "was uploaded" in error.message
        assert "No run was started" not in error.message
        assert "runs list" in error.hint


@pytest.mark.parametrize("look", [RESET, Reply(403), page("<form>Log in</form>")], ids=repr)
def test_a_run_that_cannot_be_looked_for_is_not_asked_for_again(look: Reply) -> None:
    with running_kfp_api(create_run=[Fault(RESET)], find_run=[Fault(look)] * 9) as api:
        assert "cannot be looked for" in failed(api, SubmissionUnclear).message
        assert api.calls["create_run"] == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(Reply(500), errors.ServerFailure), (RESET, SubmissionUnclear)],
)
def test_a_run_is_tried_three_times_at_most(reply: Reply, expected: type[NeurodeskError]) -> None:
    with running_kfp_api(create_run=[Fault(reply)] * 9) as api:
        failed(api, expected)
        assert api.calls["create_run"] == 3


# KFP starts the workflow, cannot store the run and says so: each further try would start one more workflow
def test_a_run_that_kfp_fails_to_store_is_not_asked_for_again() -> None:
    fault = Fault(Reply(500, {"message": "Error 1366: Incorrect string value"}))
    with running_kfp_api(create_run=[fault] * 9) as api:
        assert "Incorrect string value" in failed(api, SubmissionUnclear).message
        assert api.calls["create_run"] == 1


@pytest.mark.parametrize(
    ("package", "parameters", "where"),
    [
        ('root: {constant: "a \\U0001F9E0"}', {}, "pipeline.root.constant"),
        ("root: {constant: a \N{BRAIN}}", {}, "pipeline.root.constant"),
        ("package: 1", {"title": ["\N{BRAIN}"]}, "parameters.title[0]"),
    ],
)
def test_a_value_that_kfp_cannot_store_is_refused_before_anything_is_sent(
    package: str, parameters: dict[str, Any], where: str
) -> None:
    with running_kfp_api() as api:
        with pytest.raises(TextNotStorable, match=re.escape(f"U+1F9E0) in {where}:")):
            submit(api, package, **parameters)
        assert api.calls == {"health": 1}


def test_text_that_only_looks_escaped_is_stored() -> None:
    with running_kfp_api() as api:
        one_run(api, submit(api, r"root: {constant: 'C:\U0001F9E0'}"))


# as KFP 2.17.0 answers, with a Go stack trace behind it
def test_a_kfp_that_knows_no_init_containers_is_named_after_one_try() -> None:
    message = 'unknown field "initContainers" in kfp_kubernetes.KubernetesExecutorConfig\nInternalServerError'
    with running_kfp_api(create_run=[Fault(Reply(500, {"message": message}))] * 9) as api:
        error = failed(api, InitContainersUnknown)
        assert "goroutine" not in error.message
        assert "Sidecar Delivery" in error.hint
        assert api.calls["create_run"] == 1


@pytest.mark.parametrize("call", ["find_pipeline", "find_experiment"])
@pytest.mark.parametrize(
    ("reply", "expected"), [(Reply(503), errors.ServerFailure), (RESET, errors.ConnectionBroken)]
)
def test_reading_is_tried_five_times_at_most(call: str, reply: Reply, expected: type[NeurodeskError]) -> None:
    with running_kfp_api(**{call: [Fault(reply)] * 9}) as api:
        failed(api, expected)
        assert api.calls[call] == 5


def test_names_taken_by_a_submission_beside_this_one_are_used() -> None:
    taken = Fault(Reply(409, {"message": "exists"}), done=True)
    with running_kfp_api(upload_pipeline=[taken], create_experiment=[taken]) as api:
        one_run(api, submit(api))
        assert [len(api.things[kind]) for kind in ("pipelines", "pipeline_versions", "experiments")] == [
            1,
            2,
            1,
        ]


def test_a_conflict_about_a_run_that_is_not_there_is_a_refusal() -> None:
    with running_kfp_api(create_run=[Fault(Reply(409, {"message": "quota"}))]) as api:
        assert "quota" in failed(api, errors.RequestRejected).message
        assert api.calls["create_run"] == 1


@pytest.mark.parametrize("call", ["health", *CALLS])
@pytest.mark.parametrize("wait", ["1", "86400", "Wed, 21 Oct 2065 07:28:00 GMT", "soon", None])
def test_too_many_requests_are_repeated_after_the_pause_asked_for_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch, call: str, wait: str | None
) -> None:
    busy = Reply(429, {"message": "slow down"}, headers={"Retry-After": wait} if wait else {})
    pauses: list[float] = []
    monkeypatch.setattr(retry.time, "sleep", pauses.append)
    with running_kfp_api(**{call: [Fault(busy)] * 2}) as api:
        one_run(api, submit(api))
        assert api.calls[call] == 3
    if wait and wait != "soon":
        assert [pause for pause in pauses if pause] == [network.RETRY_AFTER_LIMIT] * 2
    else:
        assert max(pauses) < network.RETRY_AFTER_LIMIT


@pytest.mark.parametrize("call", ["health", "find_pipeline", "create_run"])
def test_too_many_requests_for_good_are_told(call: str) -> None:
    with running_kfp_api(**{call: [Fault(Reply(429))] * 9}) as api:
        failed(api, errors.TooManyRequests)
        assert api.calls[call] <= 5


@pytest.mark.parametrize(
    "reply",
    [
        page("<p>Welcome</p>"),
        Reply(200, {}),
        Reply(200, {"run_id": "x", "created_at": "yesterday"}),
        Reply(502, "<p>schönes Tor</p>".encode("latin-1"), "text/html"),
        Reply(200, "schön".encode("latin-1")),
    ],
    ids=repr,
)
def test_a_run_that_was_made_and_answered_with_nonsense_is_found(reply: Reply) -> None:
    with running_kfp_api(create_run=[Fault(reply, done=True)]) as api:
        one_run(api, submit(api))
        assert api.calls["create_run"] == 1


def test_an_answer_without_an_id_is_told() -> None:
    with running_kfp_api(create_run=[Fault(Reply(200, {}))]) as api:
        assert "without run_id" in failed(api, errors.NotAKfpApi).message


@pytest.mark.parametrize("reply", [RESET, Reply(503), Reply(502)], ids=repr)
def test_a_first_look_that_fails_once_is_repeated(reply: Reply) -> None:
    with running_kfp_api(health=[Fault(reply)]) as api:
        one_run(api, submit(api))


def test_an_api_that_goes_away_midway_is_told_with_what_is_there_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object, **__: object) -> Callable[..., object]:
        raise AssertionError("asked after its end")

    with running_kfp_api() as api:
        config = runtime_configuration(api_endpoint=api.url)
        connection = connect_to(config)
    monkeypatch.setattr(api, "answer", gone)
    with pytest.raises(errors.NothingListens, match="No run was started"):
        publish(connection, "package: 1", "A study", "", "a study")


def test_pipelines_of_a_namespace_are_looked_for_in_it() -> None:
    asked: list[str] = []
    with running_kfp_api() as api:

        def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
            asked.append(f"{method} {path}")
            return Reply(404)

        config = runtime_configuration(api_endpoint=api.url, namespace="ada")
        connection = connect_to(config)
        with serving(answer) as server:
            connection.api_client.configuration.host = server.url
            with pytest.raises(SubmissionRefused):
                publish(connection, "package: 1", "A study", "", "a study")
    assert len(asked) == 1
    assert "namespace=ada" in asked[0]
