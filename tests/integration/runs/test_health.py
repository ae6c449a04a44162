"""Every way in which an endpoint can be wrong gives its own error, soon."""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

import pytest

from elyra_neurodesk.kfp_api import errors
from elyra_neurodesk.kfp_api.health import Health, precheck
from tests.integration.runs.servers import (
    HEALTHZ,
    Reply,
    answering,
    closed_port,
    healthy,
    make_certificate,
    page,
    serving,
    talking,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate, and is not installed")
    return make_certificate(tmp_path_factory.mktemp("tls"))


def refused(endpoint: str, **options: object) -> errors.ApiError:
    """Return the error, having checked that it is one line and that it came soon."""
    begin = time.monotonic()
    with pytest.raises(errors.ApiError) as caught:
        precheck(endpoint, **options)  # type: ignore[arg-type]
    assert time.monotonic() - begin < 5
    assert "\n" not in str(caught.value)
    assert endpoint.rstrip("/") in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("path", ["", "/", "/pipeline"])
@pytest.mark.parametrize("multi_user", [False, True])
def test_a_healthy_endpoint_says_what_it_is(path: str, multi_user: bool) -> None:
    with serving(answering({path.rstrip("/") + HEALTHZ: healthy(multi_user)})) as server:
        assert precheck(server.url + path) == Health(multi_user, "2.5.0")
        assert len(server.asked) == 1


def test_a_backend_that_does_not_tell_its_version_is_healthy() -> None:
    with serving(answering({HEALTHZ: Reply(content={})})) as server:
        assert precheck(server.url) == Health(False, "")


def test_nothing_listens() -> None:
    assert type(refused(f"http://127.0.0.1:{closed_port()}")) is errors.NothingListens


def test_the_host_has_no_address() -> None:
    assert type(refused("http://no-such-host.invalid:8888/pipeline")) is errors.NameNotFound


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "localhost:8888",
        "ftp://localhost",
        "http://",
        "http://h:99999",
        "http://h/#/runs",
        "http://h/pipeline?x=1",
        "http://a..b/",
        "http://" + "x" * 300,
    ],
)
def test_not_an_address(endpoint: str) -> None:
    with pytest.raises((errors.NotAnAddress, errors.NameNotFound)) as caught:
        precheck(endpoint)
    assert "\n" not in str(caught.value)


def test_a_certificate_that_nobody_signed(certificate: Path) -> None:
    with serving(answering({HEALTHZ: healthy()}), certificate) as server:
        assert type(refused(server.url)) is errors.CertificateNotTrusted
        assert precheck(server.url, ca_file=str(certificate)).tag_name == "2.5.0"


def test_plain_http_to_an_https_port_names_the_right_url(certificate: Path) -> None:
    with serving(answering({HEALTHZ: healthy()}), certificate) as server:
        error = refused(server.url.replace("https:", "http:"))
        assert type(error) is errors.WrongScheme
        assert server.url in error.hint


def test_https_to_a_plain_http_port_names_the_right_url() -> None:
    with serving(answering({HEALTHZ: healthy()})) as server:
        error = refused(server.url.replace("http:", "https:"))
        assert type(error) is errors.WrongScheme
        assert server.url in error.hint


def test_a_redirect_to_https_is_the_wrong_scheme() -> None:
    moved = Reply(301, headers={"Location": "https://127.0.0.1/apis/v2beta1/healthz"})
    with serving(answering({}, moved)) as server:
        assert type(refused(server.url)) is errors.WrongScheme


@pytest.mark.parametrize("status", [401, 403])
def test_access_denied(status: int) -> None:
    with serving(answering({}, Reply(status, {"message": "no"}))) as server:
        assert type(refused(server.url)) is errors.AccessDenied


@pytest.mark.parametrize(
    ("given", "right"), [("", "/pipeline"), ("/pipeline", ""), ("/pipelines", "/pipeline")]
)
@pytest.mark.parametrize(
    "elsewhere", [Reply(404), page("<html><title>Kubeflow Central Dashboard</title></html>")]
)
def test_a_wrong_path_names_the_right_one(given: str, right: str, elsewhere: Reply) -> None:
    with serving(answering({right + HEALTHZ: healthy()}, elsewhere)) as server:
        error = refused(server.url + given)
        assert type(error) is errors.WrongPath
        assert error.hint.endswith(server.url + right)


def test_a_wrong_path_without_a_right_one() -> None:
    with serving(answering({})) as server:
        error = refused(server.url)
        assert type(error) is errors.WrongPath
        assert f"{server.url}/pipeline" in error.message


def test_a_login_page_that_answers() -> None:
    with serving(answering({}, page("<html><form>Log in with your password</form></html>"))) as server:
        assert type(refused(server.url)) is errors.LoginPage


@pytest.mark.parametrize("location", ["/dex/auth?client_id=x", "https://sso.example.org/oauth2/authorize"])
def test_a_redirect_to_a_login_page(location: str) -> None:
    with serving(answering({}, Reply(302, headers={"Location": location}))) as server:
        assert type(refused(server.url)) is errors.LoginPage


def test_a_redirect_to_somewhere_else() -> None:
    with serving(answering({}, Reply(302, headers={"Location": "/hub/"}))) as server:
        assert type(refused(server.url)) is errors.WrongPath


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_fails(status: int) -> None:
    with serving(answering({}, page("<html>Bad gateway: login later</html>", status))) as server:
        assert type(refused(server.url)) is errors.ServerFailure


@pytest.mark.parametrize(
    "reply", [page("<html>hello</html>"), Reply(content=b"hello"), Reply(content=[1]), Reply(405)]
)
def test_something_that_is_no_kfp_api(reply: Reply) -> None:
    with serving(answering({}, reply)) as server:
        assert type(refused(server.url)) is errors.NotAKfpApi


def test_no_answer_in_time() -> None:
    def silence(connection: socket.socket) -> None:
        connection.settimeout(3)
        while connection.recv(4096):
            pass

    with talking(silence) as url:
        assert type(refused(url, timeout=0.3)) is errors.NoAnswerInTime


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"]
)
def test_a_connection_that_breaks(said: bytes) -> None:
    def mumble(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(said)

    with talking(mumble) as url:
        assert type(refused(url, timeout=1)) is errors.ConnectionBroken


def test_credentials_are_sent_only_when_given() -> None:
    def guarded(method: str, path: str, headers: dict[str, str]) -> Reply:
        return healthy() if headers.get("authorization") == "Bearer secret" else Reply(401)

    with serving(guarded) as server:
        assert type(refused(server.url)) is errors.AccessDenied
        assert precheck(server.url, headers={"Authorization": "Bearer secret"}).tag_name == "2.5.0"
