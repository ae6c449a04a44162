import html
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
import yaml

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.storage.location import StorageLocation
from tests.integration.backend.support import Server, compile_package, wait_for_end, wait_until
from tests.support.specs import as_v2

EVIL = "<script>alert(1)</script>"


def get(server: Server, path: str, **options: object) -> requests.Response:
    return server.session().get(f"{server.url}{path}", timeout=5, **options)  # type: ignore[arg-type]


def links(answer: requests.Response) -> set[str]:
    """Return where the links of a page lead; none of them is absolute."""
    found = re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
    assert not [link for link in found if link.startswith("/") or ":" in link]
    return {urljoin(answer.url, html.unescape(link)) for link in found}


@pytest.fixture(scope="module")
def run_id(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a run with a task of ours (its arguments have a task specification) and files in the store."""
    file = tmp_path_factory.mktemp("pages") / "p.yaml"
    tasks = {"convert": ((), "seq 300; echo '<b>bold</b>'"), "fail": (("convert",), f"echo '{EVIL}'; exit 1")}
    package = yaml.safe_load(Path(compile_package(file, tasks)).read_text())
    spec = TaskSpec(
        "p",
        "my-pipeline",
        "convert",
        "n",
        "a.ipynb",
        "0" * 64,
        StorageLocation("http://x", "neurodesk", "pre"),
    )
    package["deploymentSpec"]["executors"]["exec-convert"]["container"]["args"] = [as_v2(spec)]
    file.write_text(yaml.safe_dump(package))
    result = server.client().create_run_from_pipeline_package(str(file), run_name=f"run {EVIL}")
    wait_for_end(server.client(), result.run_id)
    directory = server.home.store / "neurodesk" / "pre" / "my-pipeline" / result.run_id
    (directory / "convert" / "sub").mkdir(parents=True)
    (directory / "convert" / "report.html").write_text("<h1>report</h1>")
    (directory / "convert" / "sub" / "a b.txt").write_text("text")
    (directory / "stray.txt").write_text("stray")
    return str(result.run_id)


def test_the_list_links_to_runs_and_sends_elyras_link_on(server: Server, run_id: str) -> None:
    for path in ("/", "/pipeline", "/pipeline/"):
        answer = get(server, path)
        assert f"{server.url}/pipeline/runs/{run_id}" in links(answer)
        assert "location.replace" in answer.text
        assert "<noscript>" in answer.text
        assert EVIL not in answer.text


def test_the_run_page_shows_states_graph_and_files(server: Server, run_id: str) -> None:
    answer = get(server, f"/pipeline/runs/{run_id}")
    text = answer.text
    assert EVIL not in text
    assert "&lt;script&gt;" in text
    assert text.count("<rect") == 2
    assert text.count('<path d="M') == 1
    assert "FAILED" in text
    found = links(answer)
    assert f"{server.url}/pipeline/" in found
    assert f"{server.url}/pipeline/runs/{run_id}/outputs/convert/report.html" in found
    assert f"{server.url}/pipeline/runs/{run_id}/outputs/convert/sub/a%20b.txt" in found
    assert f"{server.url}/pipeline/runs/{run_id}/tasks/convert" in found
    assert "stray.txt" in text
    assert 'http-equiv="refresh"' not in text
    assert "http://" not in text.replace(server.url, "")


def test_a_run_that_goes_on_refreshes_its_page(server: Server, tmp_path: Path) -> None:
    package = compile_package(tmp_path / "p.yaml", {"one": ((), "sleep 2")})
    run_id = server.client().create_run_from_pipeline_package(package).run_id
    wait_until(lambda: "RUNNING" in get(server, f"/pipeline/runs/{run_id}").text, 5)
    assert 'http-equiv="refresh"' in get(server, f"/pipeline/runs/{run_id}").text
    wait_for_end(server.client(), run_id)


def test_a_task_page_shows_the_end_of_the_log_and_links_to_all_of_it(server: Server, run_id: str) -> None:
    text = get(server, f"/pipeline/runs/{run_id}/tasks/convert").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in text
    assert "\n300\n" in text
    assert "\n100\n" not in text
    whole = get(server, f"/pipeline/runs/{run_id}/tasks/convert/logs/main.log")
    assert whole.headers["content-type"].startswith("text/plain")
    assert "\n100\n" in whole.text


def test_files_of_the_run_are_sent_and_their_scripts_are_nobody(server: Server, run_id: str) -> None:
    answer = get(server, f"/pipeline/runs/{run_id}/outputs/convert/report.html")
    assert answer.text == "<h1>report</h1>"
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == "sandbox allow-scripts"
    assert get(server, f"/pipeline/runs/{run_id}/outputs/convert/sub/a%20b.txt").text == "text"


def test_an_html_outputs_images_need_no_cookie_and_nothing_else_does_without(
    server: Server, run_id: str
) -> None:
    shown = get(server, f"/pipeline/runs/{run_id}/outputs/convert/report.html").url
    assert "/pipeline/signed/" in shown
    beside = requests.get(urljoin(shown, "sub/a%20b.txt"), timeout=5)
    assert (beside.status_code, beside.text) == (200, "text")
    assert beside.headers["content-security-policy"] == "sandbox allow-scripts"
    assert requests.get(urljoin(shown, "../fail/x"), timeout=5).status_code == 401
    assert requests.get(urljoin(shown, "%2e%2e/stray.txt"), timeout=5).status_code in (401, 404)
    assert requests.get(f"{server.url}/pipeline/runs/{run_id}", timeout=5).status_code == 401


def test_a_signed_address_that_is_too_old_leads_to_a_new_one(server: Server, run_id: str) -> None:
    old = f"/pipeline/signed/1000-{'0' * 64}/{run_id}/convert/report.html"
    assert requests.get(f"{server.url}{old}", timeout=5).status_code == 401
    answer = get(server, old)
    assert answer.text == "<h1>report</h1>"
    assert answer.url != f"{server.url}{old}"


@pytest.mark.parametrize(
    "path",
    [
        "outputs/../../../../../token",
        "outputs/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/token",
        "outputs//etc/passwd",
        "outputs/convert",
        "tasks/convert/logs/POD.json",
        "tasks/convert/logs/..%2FPOD.json",
        "tasks/nope",
        "nope",
    ],
)
def test_nothing_else_can_be_read(server: Server, run_id: str, path: str) -> None:
    session = server.session()
    prepared = session.prepare_request(requests.Request("GET", server.url))
    prepared.url = f"{server.url}/pipeline/runs/{run_id}/{path}"  # as it is, dots and all
    answer = session.send(prepared, timeout=5)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_pages_cannot_be_asked_for_under_another_name(server: Server, run_id: str) -> None:
    assert get(server, "/pipeline/", headers={"host": "evil.example"}).status_code == 403
    answer = server.session().post(
        f"{server.url}/pipeline/apis/v2beta1/runs/{run_id}:terminate",
        headers={"origin": "http://evil.example"},
        timeout=5,
    )
    assert answer.status_code == 403


def test_the_log_of_a_running_task_is_where_kfps_front_end_asks_for_it(
    server: Server, tmp_path: Path
) -> None:
    package = compile_package(tmp_path / "p.yaml", {"talk": ((), "echo first; sleep 30")})
    client = server.client()
    run_id = client.create_run_from_pipeline_package(package).run_id
    url = f"/pipeline/apis/v1alpha1/runs/{run_id}/nodes/{run_id[:8]}-talk/log"
    wait_until(lambda: "first" in get(server, url).text, 10)
    assert get(server, url).headers["content-type"].startswith("text/plain")
    assert get(server, url.replace("-talk", "-ghost")).status_code == 404
    client.terminate_run(run_id)
