import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from kfp_server_api import ApiException

from tests.integration.backend.support import Server, compile_package, states, wait_for_end


def unique(prefix: str) -> str:
    return f"{prefix} {uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("package") / "two.yaml"
    return compile_package(file, {"first": ((), "echo hello"), "second": (("first",), "echo bye")})


def test_the_client_sees_a_healthy_single_user_backend(server: Server) -> None:
    assert server.client().get_kfp_healthz().multi_user is False
    content = requests.get(f"{server.url}/pipeline/apis/v2beta1/healthz", timeout=5).json()
    assert content["tag_name"].startswith("elyra-neurodesk-")


def test_elyras_check_for_authentication_is_not_redirected(server: Server) -> None:
    assert requests.get(server.url, timeout=5).history == []


def test_an_uploaded_pipeline_runs_to_its_end(server: Server, package: str) -> None:
    client = server.client()
    name = unique("Pipeline ü")
    pipeline = client.upload_pipeline(package, pipeline_name=name, description="two tasks")
    assert client.get_pipeline_id(name) == pipeline.pipeline_id
    versions = client.list_pipeline_versions(pipeline.pipeline_id).pipeline_versions
    assert [version.display_name for version in versions] == [name]
    experiment = client.create_experiment(name.lower())
    run = client.run_pipeline(
        experiment.experiment_id,
        "job",
        pipeline_id=pipeline.pipeline_id,
        version_id=versions[0].pipeline_version_id,
    )
    ended = wait_for_end(client, run.run_id)
    assert (ended.state, states(ended)) == ("SUCCEEDED", {"first": "SUCCEEDED", "second": "SUCCEEDED"})
    assert ended.pipeline_version_reference.pipeline_id == pipeline.pipeline_id
    assert ended.finished_at > ended.created_at
    assert [status.state for status in ended.state_history] == ["PENDING", "RUNNING", "SUCCEEDED"]
    first, second = ended.run_details.task_details
    assert first.end_time <= second.start_time
    assert [child.task_id for child in first.child_tasks] == [second.task_id]
    assert second.parent_task_id == first.task_id


def test_a_package_runs_without_being_uploaded_first(server: Server, package: str) -> None:
    client = server.client()
    result = client.create_run_from_pipeline_package(package, run_name="direct")
    ended = result.wait_for_run_completion(timeout=60)
    assert ended.state == "SUCCEEDED"
    assert ended.pipeline_spec["pipelineInfo"]["name"] == "shell-tasks"


def test_versions_are_added_read_and_deleted(server: Server, package: str) -> None:
    client = server.client()
    pipeline = client.upload_pipeline(package, pipeline_name=unique("versions"))
    second = client.upload_pipeline_version(package, "second", pipeline_id=pipeline.pipeline_id)
    got = client.get_pipeline_version(pipeline.pipeline_id, second.pipeline_version_id)
    assert set(got.pipeline_spec["root"]["dag"]["tasks"]) == {"first", "second"}
    with pytest.raises(ApiException) as caught:
        client.upload_pipeline_version(package, "second", pipeline_id=pipeline.pipeline_id)
    assert caught.value.status == 409
    client.delete_pipeline_version(pipeline.pipeline_id, second.pipeline_version_id)
    assert client.list_pipeline_versions(pipeline.pipeline_id).total_size == 1
    client.delete_pipeline(pipeline.pipeline_id)
    with pytest.raises(ApiException) as caught:
        client.get_pipeline(pipeline.pipeline_id)
    assert caught.value.status == 404


def test_runs_are_filtered_sorted_and_paged(server: Server, package: str) -> None:
    client = server.client()
    experiment = client.create_experiment(unique("paging")).experiment_id
    for number in range(5):
        client.run_pipeline(experiment, f"job {number}", pipeline_package_path=package)
    seen, token = [], ""
    while True:
        page = client.list_runs(
            page_token=token, page_size=2, sort_by="created_at desc", experiment_id=experiment
        )
        seen += [run.display_name for run in page.runs]
        assert page.total_size == 5
        if not (token := page.next_page_token):
            break
    assert seen == [f"job {number}" for number in (4, 3, 2, 1, 0)]
    text = json.dumps({"predicates": [{"operation": 9, "key": "display_name", "stringValue": "OB 3"}]})
    assert [run.display_name for run in client.list_runs(experiment_id=experiment, filter=text).runs] == [
        "job 3"
    ]
    for run in client.list_runs(experiment_id=experiment).runs:
        wait_for_end(client, run.run_id)


def test_a_name_in_use_is_a_conflict(server: Server, package: str) -> None:
    client, name = server.client(), unique("taken")
    client.upload_pipeline(package, pipeline_name=name)
    with pytest.raises(ApiException) as caught:
        client.upload_pipeline(package, pipeline_name=name)
    assert caught.value.status == 409
    content = json.loads(caught.value.body)
    assert set(content) == {"error", "code", "message", "details"}
    assert content["code"] == 6
    assert name in content["message"]


@pytest.mark.parametrize("call", ["get_run", "terminate_run", "delete_run", "archive_run"])
def test_an_unknown_run_is_not_found(server: Server, call: str) -> None:
    with pytest.raises(ApiException) as caught:
        getattr(server.client(), call)("nope")
    assert caught.value.status == 404


@pytest.mark.parametrize("text", ["", "just text", "a: b: c", "pipelineInfo: {name: x}", "[]"])
def test_a_package_that_cannot_run_is_refused_at_upload(server: Server, tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    name = unique("bad")
    with pytest.raises(ApiException) as caught:
        server.client().upload_pipeline(str(file), pipeline_name=name)
    assert caught.value.status == 400
    assert json.loads(caught.value.body)["message"].startswith("ND-LOCAL-")
    assert server.client().get_pipeline_id(name) is None


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        '{"display_name": "x"}',
        '{"display_name": "x", "pipeline_spec": {"a": 1}}',
        '{"display_name": "x", "pipeline_spec": "text"}',
        '{"display_name": "x", "runtime_config": 5}',
        '{"display_name": "x", "runtime_config": {"parameters": [1]}, "pipeline_spec": {"a": 1}}',
        '{"display_name": "x", "pipeline_version_reference": "y"}',
    ],
)
def test_a_run_that_makes_no_sense_is_refused(server: Server, body: str) -> None:
    answer = server.session().post(f"{server.url}/apis/v2beta1/runs", data=body, timeout=5)
    assert answer.status_code == 400, answer.text


def test_an_unknown_parameter_or_version_is_refused(server: Server, package: str) -> None:
    client = server.client()
    with pytest.raises(ApiException) as caught:
        client.create_run_from_pipeline_package(package, arguments={"nope": 1})
    assert caught.value.status == 400
    experiment = client.create_experiment("Default").experiment_id
    with pytest.raises(ApiException) as caught:
        client.run_pipeline(experiment, "x", pipeline_id="p", version_id="v")
    assert caught.value.status == 404
    with pytest.raises(ApiException) as caught:
        client.run_pipeline("no-such-experiment", "x", pipeline_package_path=package)
    assert caught.value.status == 404


def test_an_upload_beyond_the_limit_is_refused(server: Server) -> None:
    answer = server.session().post(
        f"{server.url}/apis/v2beta1/pipelines/upload?name=big",
        files={"uploadfile": ("big.yaml", b"#" * (34 << 20))},
        timeout=20,
    )
    assert answer.status_code == 400
    assert "32 MiB" in answer.json()["message"]


@pytest.mark.parametrize(
    "content", ["[" * 50_000 + "]" * 50_000, "- " * 50_000, '{"a":' * 50_000 + "1" + "}" * 50_000]
)
def test_what_is_nested_deeply_is_refused_and_the_server_lives(server: Server, content: str) -> None:
    session, api = server.session(), f"{server.url}/apis/v2beta1"
    file = {"uploadfile": ("deep.yaml", content.encode())}
    answers = [
        session.post(f"{api}/pipelines/upload?name=deep", files=file, timeout=20),
        session.post(f"{api}/runs", data=f'{{"display_name": "x", "pipeline_spec": {content}}}', timeout=20),
        session.post(f"{api}/experiments", data=content, timeout=20),
        session.get(f"{api}/runs", params={"filter": content[:20_000]}, timeout=20),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert "nest" in answers[0].json()["message"]
    assert server.client().get_kfp_healthz().multi_user is False


def test_calls_that_are_not_there_say_so(server: Server) -> None:
    answer = server.session().get(f"{server.url}/pipeline/apis/v2beta1/recurringruns", timeout=5)
    assert answer.status_code == 404
    assert "recurringruns" in answer.json()["message"]


def test_ten_submissions_at_once_are_ten_runs(server: Server, package: str) -> None:
    experiment = server.client().create_experiment(unique("ten")).experiment_id

    def submit(number: int) -> str:
        return str(
            server.client().run_pipeline(experiment, f"{number}", pipeline_package_path=package).run_id
        )

    with ThreadPoolExecutor(10) as pool:
        ids = set(pool.map(submit, range(10)))
    assert len(ids) == 10
    client = server.client()
    assert {wait_for_end(client, run_id, 60).state for run_id in ids} == {"SUCCEEDED"}


def test_experiments_are_archived_and_deleted(server: Server) -> None:
    client = server.client()
    made = client.create_experiment(unique("old"))
    client.archive_experiment(made.experiment_id)
    assert client.get_experiment(made.experiment_id).storage_state == "ARCHIVED"
    client.unarchive_experiment(made.experiment_id)
    client.delete_experiment(made.experiment_id)
    with pytest.raises(ApiException):
        client.get_experiment(made.experiment_id)


def test_an_ended_run_is_archived_and_deleted(server: Server, package: str) -> None:
    client = server.client()
    run_id = client.create_run_from_pipeline_package(package).run_id
    wait_for_end(client, run_id)
    client.archive_run(run_id)
    assert client.get_run(run_id).storage_state == "ARCHIVED"
    client.unarchive_run(run_id)
    assert server.home.run_directory(run_id).is_dir()
    client.delete_run(run_id)
    assert not server.home.run_directory(run_id).exists()
    with pytest.raises(ApiException):
        client.get_run(run_id)
