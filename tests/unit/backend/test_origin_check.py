import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from elyra_neurodesk.backend.origin_check import OriginCheck, host_name


@pytest.fixture
def client() -> TestClient:
    route = Route("/", lambda _: PlainTextResponse("ok"), methods=["GET", "POST"])
    app = Starlette(routes=[route], middleware=[Middleware(OriginCheck)])
    return TestClient(app, base_url="http://127.0.0.1:8898")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST:80", "[::1]:8", "[::1]"])
def test_loopback_names_pass(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost:evil", "10.0.0.1"]
)
def test_other_names_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:8898", "http://127.0.0.1:1"]
)
def test_foreign_pages_change_nothing(client: TestClient, origin: str) -> None:
    answer = client.post("/", headers={"origin": origin})
    assert answer.status_code == 403
    assert set(answer.json()) == {"error", "code", "message", "details"}
    assert client.get("/", headers={"origin": origin}).status_code == 200


def test_our_own_pages_and_programs_may_change_things(client: TestClient) -> None:
    assert client.post("/", headers={"origin": "http://127.0.0.1:8898"}).status_code == 200
    assert client.post("/").status_code == 200


def test_ports_are_cut_off() -> None:
    assert [host_name(host) for host in ("a:1", "a", "[::1]:2", "[::1]")] == ["a", "a", "[::1]", "[::1]"]
