"""The run pages behind a real JupyterHub, in Chromium: reached by their user, and by nobody else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.jupyterlab import Tabs, chromium, install_extensions, tabs
from tests.support.backend import command, end_all
from tests.support.jupyter import JupyterHome
from tests.support.jupyterhub import PASSWORD, Hub, proxy_command, running_hub, why_missing
from tests.support.pipelines import notebook_node, write_pipeline

if TYPE_CHECKING:
    from playwright.sync_api import Page

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
pytest.importorskip("jupyterlab")
expect = playwright.expect

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(chromium() is None, reason="there is no chromium on the PATH"),
    pytest.mark.skipif(bool(why_missing()), reason=why_missing()),
]

ROOT = Path(__file__).parents[2]
ANA, BOB = "ana@lab", "bob"
REPORT = """
import base64, os
os.makedirs("figures")
png = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQVR4nGP4z8AARAwoFABE0AX7pM/egAAAAABJRU5ErkJggg=="
open("figures/a b.png", "wb").write(base64.b64decode(png))
open("report.html", "w").write("<h1>QC</h1><img src='figures/a%20b.png'>")
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Return a Hub in whose servers the package is installed and never was used."""
    try:
        proxy = proxy_command(tmp_path_factory.mktemp("npm"))
    except OSError as problem:
        pytest.skip(str(problem))
    study = tmp_path_factory.mktemp("study")
    (study / "qc.py").write_text(REPORT, "utf-8")
    outputs = ["report.html", "figures/*.png"]
    write_pipeline(study / "study.pipeline", [notebook_node("quality", "qc.py", outputs=outputs)])
    home = JupyterHome(tmp_path_factory.mktemp("home"))
    home.env["ELYRA_NEURODESK_HOME"] = str(tmp_path_factory.mktemp("backend"))
    install_extensions(home.home)
    runtimes = home.home / ".local/share/jupyter/metadata/runtimes"
    runtimes.mkdir(parents=True)
    shutil.copy(ROOT / "runtime-configs/neurodesk_this_machine.json", runtimes)
    try:
        with running_hub(home, study, tmp_path_factory.mktemp("hub"), proxy) as running:
            yield running
    finally:
        home.run(*command("local", "down"), check=False)
        end_all(str(home.home))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tabs]:
    """Return a headless Chromium."""
    with tabs(tmp_path_factory.mktemp("screenshots")) as running:
        yield running


def test_a_user_runs_a_pipeline_and_reads_its_page_through_the_hub_and_nobody_else_does(
    hub: Hub, browser: Tabs
) -> None:
    pages = f"{hub.server(ANA)}elyra-neurodesk/"
    with browser.open(hub.url, "hub-ana", ANA, PASSWORD) as page:
        page.wait_for_url(f"{hub.server(ANA)}lab**")
        with page.expect_popup() as opened:
            page.locator(".jp-LauncherCard", has_text="Neurodesk runs").click()
        no_backend = opened.value
        down = "the embedded backend, which has the run pages, is not up. Running a pipeline starts it"
        expect(no_backend.get_by_text(down)).to_be_visible()
        browser.show(no_backend, "20-hub-backend-down")

        run_page = run_pipeline(page)
        address = run_page.url
        assert re.fullmatch(rf"{re.escape(pages)}runs/[0-9a-f-]{{36}}", address)
        run_page.wait_for_function("document.body.innerText.includes('SUCCEEDED')")
        browser.show(run_page, "21-hub-run")
        run_page.get_by_role("link", name="Runs", exact=True).click()
        assert run_page.url == pages
        browser.show(run_page, "22-hub-runs")
        run_page.get_by_role("link", name=re.compile("^study-")).click()
        assert run_page.url == address

        run_page.get_by_role("link", name="report.html", exact=True).click()
        expect(run_page.get_by_role("heading", name="QC")).to_be_visible()
        run_page.wait_for_function("document.images[0].complete")
        assert run_page.evaluate("document.images[0].naturalWidth") == 2
        assert run_page.evaluate("window.origin") == "null"

        only_this_origin_sends_forms(page, address, hub)
        no_secret_of_the_backend_reaches_the_browser(page, address, hub)
        with browser.open(hub.url + "hub/home", "hub-bob", BOB, PASSWORD) as other:
            refused = other.goto(address)
            assert refused.status == 403
            assert "study" not in other.content()
            browser.show(other, "23-hub-another-user")
        page.goto(f"{hub.url}hub/logout")
        nobody_gets_in(page, address)
    with browser.open(f"{hub.url}hub/login", "hub-stranger", ANA, "a wrong password") as page:
        nobody_gets_in(page, address)


def run_pipeline(page: Page) -> Page:
    """Run the pipeline in Elyra's editor, which starts the backend; return what "Run Details" opens."""
    page.locator(".jp-DirListing-item", has_text="study.pipeline").dblclick()
    expect(page.locator(".elyra-PipelineEditor").get_by_text("quality", exact=True)).to_be_visible()
    page.get_by_role("button", name="Run Pipeline").click()
    page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    expect(page.locator(".jp-Dialog-header")).to_have_text(re.compile("Job submission to .* succeeded"))
    with page.expect_popup() as opened:
        page.locator(".jp-Dialog").get_by_role("link", name="Run Details").click()
    page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    run_page: Page = opened.value
    expect(run_page.get_by_role("cell", name="quality", exact=True)).to_be_visible()
    return run_page


def only_this_origin_sends_forms(page: Page, address: str, hub: Hub) -> None:
    """Check that a form reaches the backend, which takes none there, unless it is another site's."""
    own = hub.url.rstrip("/")
    statuses = {
        origin: page.request.post(address, headers={"Origin": origin}).status
        for origin in (own, "https://example.org", "null")
    }
    assert statuses == {own: 405, "https://example.org": 403, "null": 403}
    assert page.request.post(address).status == 403


def no_secret_of_the_backend_reaches_the_browser(page: Page, address: str, hub: Hub) -> None:
    """Check that the backend's token, and the cookie of its own pages, stay between the two servers."""
    token = Path(hub.home.env["ELYRA_NEURODESK_HOME"], "token").read_text("ascii")
    answer = page.request.get(address)
    assert answer.status == 200
    assert token not in answer.text()
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert all(name == "_xsrf" or name.startswith("jupyterhub-") for name in names), names


def nobody_gets_in(page: Page, address: str) -> None:
    """Check that the Hub asks for a login instead of each page."""
    for url in (address, address.partition("runs/")[0]):
        page.goto(url)
        expect(page.locator("#username_input")).to_be_visible()
        assert page.request.get(url, max_redirects=0).status == 302
        assert page.request.post(url).status == 403
