import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from elyra_neurodesk.backend.access_token import page_session
from elyra_neurodesk.backend.signed_path import signature
from elyra_neurodesk.backend.token_check import LIVENESS, TokenCheck

TOKEN = "a" * 40 + "-_"
ADDRESS = "http://127.0.0.1:8898"
COOKIE = "elyra-neurodesk-8898"
API = "/pipeline/apis/v2beta1/runs"


@pytest.fixture
def client() -> TestClient:
    route = Route("/{path:path}", lambda _: PlainTextResponse("ok"), methods=["GET", "POST", "DELETE"])
    app = Starlette(routes=[route], middleware=[Middleware(TokenCheck, token=TOKEN)])
    return TestClient(app, base_url=ADDRESS, follow_redirects=False)


@pytest.mark.parametrize("path", ["/", "/pipeline/", API, "/apis/v2beta1/runs", "/nope", "/apis", "//apis/x"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PATCH", "WHATEVER"])
def test_nothing_is_answered_without_the_token(client: TestClient, path: str, method: str) -> None:
    answer = client.request(method, f"{ADDRESS}{path}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", sorted(LIVENESS))
def test_the_liveness_check_is_open_for_reading_alone(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 401
    assert client.get(f"{path}/x").status_code == 401
    assert client.get(f"{path}/../runs", headers={"host": f"127.0.0.1{path}?"}).status_code == 401


def test_a_signed_path_is_open_for_reading_alone(client: TestClient) -> None:
    path = f"/pipeline/signed/{signature(TOKEN, 'run', 'task')}/run/task/figures/a.png"
    assert client.get(path).status_code == client.head(path).status_code == 200
    assert client.post(path).status_code == 401
    assert client.get(path.replace("/task/", "/other/")).status_code == 401
    assert client.get(path.replace("/run/task/", "/run/task/../other/")).status_code == 401


def test_the_host_header_does_not_choose_the_path_that_is_judged(client: TestClient) -> None:
    headers = {"host": "127.0.0.1/apis/v2beta1/healthz?"}
    assert client.get("/pipeline/", headers=headers).status_code == 401


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}", f"bearer  {TOKEN}"])
def test_a_bearer_token_opens_everything(client: TestClient, value: str) -> None:
    for path in ("/", API):
        assert client.post(path, headers={"authorization": value}).status_code == 200


@pytest.mark.parametrize(
    "value", ["", TOKEN, "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"]
)
def test_anything_else_opens_nothing(client: TestClient, value: str) -> None:
    assert client.get("/", headers={"authorization": value}).status_code == 401


def test_a_page_takes_the_token_once_and_then_a_cookie(client: TestClient) -> None:
    answer = client.get(f"/pipeline/runs/1?a=b&token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{ADDRESS}/pipeline/runs/1?a=b"
    assert answer.headers["referrer-policy"] == "no-referrer"
    cookie = answer.headers["set-cookie"]
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert TOKEN not in cookie
    assert client.get("/pipeline/runs/1").status_code == 200
    assert client.post("/pipeline/runs/1").status_code == 200


def test_the_way_on_from_the_token_stays_on_this_server(client: TestClient) -> None:
    answer = client.get(f"{ADDRESS}//evil.example/?token={TOKEN}")
    assert answer.headers["location"].startswith(f"{ADDRESS}/")


def test_the_pages_cookie_does_not_open_the_api(client: TestClient) -> None:
    client.cookies.set(COOKIE, page_session(TOKEN))
    assert client.get("/pipeline/").status_code == 200
    assert client.get(API).status_code == 401
    assert client.get(f"{API}?token={TOKEN}").status_code == 401


def test_cookies_of_other_programs_do_not_hide_ours(client: TestClient) -> None:
    others = 'username-localhost-8888="2|1:0|10:1|x{}"; a b=c; [=]; '
    headers = {"cookie": f"{others}{COOKIE}={page_session(TOKEN)}"}
    assert client.get("/", headers=headers).status_code == 200


def test_a_wrong_token_or_cookie_sets_nothing(client: TestClient) -> None:
    answer = client.get("/?token=wrong", headers={"cookie": f"{COOKIE}={TOKEN}"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert client.post(f"/?token={TOKEN}").status_code == 401
