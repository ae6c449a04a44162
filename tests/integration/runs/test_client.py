"""Runtime configurations as Elyra keeps them, and connecting to what they name."""

from __future__ import annotations

import kfp_server_api
import pytest

from elyra_neurodesk.elyra_adapter import runtime_configurations as configs
from elyra_neurodesk.elyra_adapter.connection import connect
from elyra_neurodesk.kfp_api import errors
from elyra_neurodesk.kfp_api import runs as api
from tests.integration.runs.servers import HEALTHZ, Reply, answering, closed_port, healthy, page, serving

RUNS = "/apis/v2beta1/runs"
IDS = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"]
IDS += ["bbbbbbbb-0000-4000-8000-000000000003"]
ROOT = {"/": Reply(404)}


def runs_api(**more: Reply) -> dict[str, Reply]:
    listed = Reply(
        content={"runs": [{"run_id": run, "display_name": run[:3], "state": "RUNNING"} for run in IDS]}
    )
    single = {f"{RUNS}/{run}": Reply(content={"run_id": run, "state": "RUNNING"}) for run in IDS}
    return {HEALTHZ: healthy(), RUNS: listed, **single, **more}


def test_the_only_neurodesk_configuration_is_the_default(register) -> None:
    register("ours")
    register("theirs", schema="kfp")
    assert configs.default_runtime_configuration().name == "ours"
    assert [config.name for config in configs.runtime_configurations()] == ["ours", "theirs"]


def test_passwords_are_not_in_the_repr(register) -> None:
    register("ours", cos_password="very-secret")
    assert "very-secret" not in repr(configs.runtime_configuration("ours"))


def test_an_unknown_name_lists_those_there_are(register) -> None:
    register("ours")
    register("theirs", schema="kfp")
    with pytest.raises(configs.UnknownRuntimeConfiguration) as caught:
        configs.runtime_configuration("mine")
    assert "'mine'; those that exist: ours (neurodesk), theirs (kfp)." in caught.value.message
    assert "local up" in caught.value.hint


def test_a_display_name_will_do(register) -> None:
    register("ours", display_name="Neurodesk (this machine)")
    assert configs.runtime_configuration("Neurodesk (this machine)").name == "ours"


def test_without_any_configuration_the_error_says_how_to_make_one(register) -> None:
    with pytest.raises(configs.UnknownRuntimeConfiguration, match="local up"):
        configs.default_runtime_configuration()


def test_several_configurations_ask_for_a_choice(register) -> None:
    register("one")
    register("two")
    with pytest.raises(configs.AmbiguousRuntimeConfiguration, match=r"one \(neurodesk\), two \(neurodesk\)"):
        configs.default_runtime_configuration()


def test_a_configuration_that_its_schema_refuses_is_told_in_one_line(register) -> None:
    register("bad", cos_bucket="NOT A BUCKET")
    with pytest.raises(configs.UnusableRuntimeConfiguration) as caught:
        configs.runtime_configuration("bad")
    assert "\n" not in str(caught.value)


def test_connecting_gives_a_client_that_works(register) -> None:
    with serving(answering({**runs_api(), **ROOT})) as server:
        connection = connect(register(api_endpoint=server.url + "/"))
        assert connection.health.tag_name == "2.5.0"
        runs_service = kfp_server_api.RunServiceApi(connection.api_client)
        assert runs_service.run_service_list_runs().runs[0].run_id == IDS[0]


@pytest.mark.parametrize("schema", ["neurodesk", "kfp"])
def test_an_endpoint_that_is_down_is_one_line(register, schema: str) -> None:
    with pytest.raises(errors.NothingListens):
        connect(register(schema=schema, api_endpoint=f"http://127.0.0.1:{closed_port()}"))


def test_a_login_page_where_none_is_expected_is_an_error(register) -> None:
    with (
        serving(answering({}, page("<form>login</form>"))) as server,
        pytest.raises(errors.LoginPage),
    ):
        connect(register(api_endpoint=server.url))


def guarded(token: str):
    def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
        if headers.get("authorization") != f"Bearer {token}":
            return Reply(302, headers={"Location": "/dex/auth"})
        return answering(runs_api())(method, path, headers)

    return answer


def test_a_token_passes_the_login_that_stands_before_the_api(register) -> None:
    with serving(guarded("good")) as server:
        name = register(
            api_endpoint=server.url, auth_type="EXISTING_BEARER_TOKEN", api_username="x", api_password="good"
        )
        assert len(api.list_runs(connect(name), 10)) == 3


def test_a_wrong_token_is_an_error(register) -> None:
    with serving(guarded("good")) as server:
        name = register(
            api_endpoint=server.url, auth_type="EXISTING_BEARER_TOKEN", api_username="x", api_password="bad"
        )
        with pytest.raises(errors.LoginPage):
            connect(name)


def test_what_elyras_authenticator_says_comes_in_one_line(register) -> None:
    with serving(answering({HEALTHZ: healthy()}, page("<html></html>"))) as server:
        name = register(
            api_endpoint=server.url,
            auth_type="DEX_STATIC_PASSWORDS",
            api_username="x",
            api_password="bad-bad-bad",
        )
        with pytest.raises(errors.AuthenticationFailed) as caught:
            connect(name)
    assert "\n" not in str(caught.value)


def test_a_run_is_found_by_id_prefix_or_as_the_latest(register) -> None:
    with serving(answering({**runs_api(), **ROOT})) as server:
        connection = connect(register(api_endpoint=server.url))
        assert api.find_run(connection, IDS[1]).run_id == IDS[1]
        assert api.find_run(connection, "bb").run_id == IDS[2]
        assert api.find_run(connection, "latest").run_id == IDS[0]
        with pytest.raises(api.AmbiguousRun, match=f"{IDS[0]}, {IDS[1]}"):
            api.find_run(connection, "aaaa")
        for unknown in ("cc", "", "no/such run?x=1"):
            with pytest.raises(api.NoSuchRun):
                api.find_run(connection, unknown)
        with pytest.raises(api.NoSuchRun):
            api.find_run(connection, IDS[0].replace("a", "f"))


def test_no_runs_yet_is_said_plainly(register) -> None:
    with serving(answering({HEALTHZ: healthy(), RUNS: Reply(content={}), **ROOT})) as server:
        connection = connect(register(api_endpoint=server.url))
        assert api.list_runs(connection, 5) == []
        with pytest.raises(api.NoSuchRun, match="no runs yet"):
            api.find_run(connection, "latest")


def test_pages_are_followed_only_as_far_as_needed(register) -> None:
    def paged(method: str, path: str, headers: dict[str, str]) -> Reply:
        if path.startswith(RUNS):
            number = int(path.partition("page_token=")[2].partition("&")[0] or 0)
            run = {"run_id": f"{number:08d}"}
            return Reply(content={"runs": [run], "next_page_token": str(number + 1) if number < 30 else ""})
        return healthy() if path == HEALTHZ else Reply(404)

    with serving(paged) as server:
        connection = connect(register(api_endpoint=server.url))
        del server.asked[:]
        assert [run.run_id for run in api.list_runs(connection, 3)] == ["00000000", "00000001", "00000002"]
        assert len(server.asked) == 3
        assert len(api.list_runs(connection, 100)) == 31


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(403, {"message": "no\nrights"}), errors.AccessDenied),
        (Reply(500, {"error_message": "database is locked"}), errors.ServerFailure),
        (Reply(400, {"message": "bad page token"}), errors.RequestRejected),
        (Reply(200, {"runs": [{"state": "RUNNING", "created_at": "yesterday"}]}), errors.ApiError),
    ],
)
def test_what_the_api_refuses_or_garbles_is_one_line(
    register, reply: Reply, expected: type[errors.ApiError]
) -> None:
    with serving(answering({HEALTHZ: healthy(), RUNS: reply})) as server:
        connection = connect(register(api_endpoint=server.url))
        with pytest.raises(expected) as caught:
            api.list_runs(connection, 5)
    assert "\n" not in str(caught.value)


def test_a_page_in_place_of_a_run_is_an_error(register) -> None:
    login = {f"{RUNS}/{IDS[0]}": page("<form>log in again</form>")}
    with serving(answering({**runs_api(), **login})) as server:
        connection = connect(register(api_endpoint=server.url))
        with pytest.raises(errors.NotAKfpApi, match=IDS[0]):
            api.get_run(connection, IDS[0])


def test_an_api_that_goes_away_is_one_line(register) -> None:
    with serving(answering({**runs_api(), **ROOT})) as server:
        connection = connect(register(api_endpoint=server.url))
    with pytest.raises(errors.NothingListens):
        api.get_run(connection, IDS[0])
