"""What a researcher does in JupyterLab: runs a pipeline, reads its page, makes a configuration."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import nbformat
import pytest

from tests.e2e.jupyterlab import (
    CLAIM,
    DEMO,
    PATIENCE,
    Lab,
    Tabs,
    backend,
    chromium,
    ended_run,
    jupyterlab,
    tabs,
    wait_for,
)
from tests.support.jupyter import JupyterHome

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
pytest.importorskip("jupyterlab")
pytest.importorskip("dcm2niix", reason="the demo's packages are not installed (extra: demo)")
pytest.importorskip("nilearn", reason="the demo's packages are not installed (extra: demo)")
expect = playwright.expect

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(chromium() is None, reason="there is no chromium on the PATH"),
]

TASKS = ("convert-dicom", "denoise-slice", "tissue-volumes", "report")
THIS_MACHINE = "Neurodesk (this machine)"
KIND = "Kubeflow Pipelines (Neurodesk)"
# the fields of the category and what a new configuration starts with (choices by their text)
NEURODESK_FIELDS = {
    "CVMFS Volume Claim": CLAIM,
    "CVMFS Volume Mode": "repository",
    "Sidecar": "auto",
    "Sidecar Image": "",
    "Scratch Size": "20Gi",
    "Scratch Volume Claim": "",
    "Default Modules": "",
    "Strict Modules and Tools": "error",
    "Check Before Submit": "error",
    "Module Index": "",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a JupyterLab in an empty home that shows a copy of the demo, the backend up beside it."""
    directory = tmp_path_factory.mktemp("demo") / "my study"
    shutil.copytree(DEMO, directory, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    home = JupyterHome(tmp_path_factory.mktemp("home"))
    home.env["ELYRA_NEURODESK_HOME"] = str(tmp_path_factory.mktemp("backend"))
    tree = tmp_path_factory.mktemp("cvmfs")
    home.run("python", str(DEMO / "cvmfs_tree.py"), str(tree))
    home.env["NEURODESK_CVMFS_ROOT"] = str(tree)
    with backend(home, tree), jupyterlab(home, directory) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tabs]:
    """Return a headless Chromium."""
    with tabs(tmp_path_factory.mktemp("screenshots")) as running:
        yield running


def saves_a_configuration(response: Any) -> bool:
    """Tell whether this answers the request of "Save & Close"."""
    return response.request.method == "POST" and "/elyra/metadata/runtimes" in response.url


def test_run_pipeline_in_the_editor_ends_on_the_page_of_a_run_that_succeeds(lab: Lab, browser: Tabs) -> None:
    with browser.open(lab.start_page, "run") as page:
        page.locator(".jp-DirListing-item", has_text="neuroimaging.pipeline").dblclick()
        for task in TASKS:
            expect(page.locator(".elyra-PipelineEditor").get_by_text(task, exact=True)).to_be_visible()
        browser.show(page, "1-editor")

        page.get_by_role("button", name="Run Pipeline").click()
        dialog = page.locator(".jp-Dialog")
        expect(dialog.locator(".jp-Dialog-header")).to_contain_text("Kubeflow Pipelines")
        dialog.get_by_label("Runtime Configuration").select_option(label=THIS_MACHINE)
        # a whole number: Elyra 4.1.1 keeps "Ok" disabled for 1.5, though the parameter is a Float
        dialog.get_by_label("fwhm_mm").fill("2")
        browser.show(page, "2-run-dialog")
        dialog.get_by_role("button", name="Ok").click()

        expect(page.locator(".jp-Dialog-header")).to_have_text(re.compile("Job submission to .* succeeded"))
        browser.show(page, "3-submitted")
        link = page.locator(".jp-Dialog").get_by_role("link", name="Run Details")
        with page.expect_popup() as opened:
            link.click()
        run_page = opened.value
        assert run_page.url.startswith(f"{lab.url}elyra-neurodesk/runs/")
        run_page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}$"))
        for task in TASKS:
            expect(run_page.get_by_role("cell", name=task, exact=True)).to_be_visible()
        browser.show(run_page, "4-run-page-at-first")

        status = json.loads(lab.elyra_neurodesk("local", "status", "--json"))
        run = ended_run(status["api_endpoint"], lab.backend_token, run_page.url.rpartition("/")[2], 400)
        states = {task["display_name"]: task["state"] for task in run["run_details"]["task_details"]}
        assert {name: states[name] for name in TASKS} == dict.fromkeys(TASKS, "SUCCEEDED"), states
        assert run["state"] == "SUCCEEDED"

        run_page.reload()
        expect(run_page.get_by_text("SUCCEEDED")).not_to_have_count(0)
        expect(run_page.get_by_text(re.compile("RUNNING|PENDING"))).to_have_count(0)
        browser.show(run_page, "5-run-page")
        row = run_page.get_by_role("row").filter(has=run_page.get_by_role("cell", name="denoise-slice"))
        record = row.get_by_role("link", name="task-record.json").get_attribute("href")
        assert run_page.request.get(urljoin(run_page.url, record)).json()["parameters"] == {"fwhm_mm": 2}
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    assert lab.complaints() == []


def test_the_launchers_tile_opens_the_runs_behind_jupyters_login(lab: Lab, browser: Tabs) -> None:
    with browser.open(lab.start_page, "launcher") as page:
        tile = page.locator(".jp-LauncherCard", has_text="Neurodesk runs")
        expect(tile).to_be_visible(timeout=PATIENCE * 1000)
        browser.show(page, "10-launcher")
        with page.expect_popup() as opened:
            tile.click()
        runs = opened.value
        expect(runs.get_by_role("heading", name="Runs on this machine")).to_be_visible()
        assert runs.url == f"{lab.url}elyra-neurodesk/"
        browser.show(runs, "11-runs")
    with browser.open(f"{lab.url}lab", "signed-out") as page:
        page.context.clear_cookies()
        page.goto(f"{lab.url}elyra-neurodesk/")
        expect(page.locator("#password_input")).to_be_visible()
        assert page.request.post(f"{lab.url}elyra-neurodesk/").status == 403


def test_dialog_of_a_new_runtime_configuration_saves_one_that_elyra_loads(lab: Lab, browser: Tabs) -> None:
    name = "Neurodesk on our cluster"
    with browser.open(lab.start_page, "configuration") as page:
        page.locator('.jp-SideBar [data-id="elyra-metadata:runtimes"]').click()
        page.get_by_title("Create new runtime configuration").click()
        browser.show(page, "6-kinds")
        # one entry for each schema, and no two of one name
        entries = page.locator(".lm-Menu-itemLabel", has_text="runtime configuration")
        texts = [text.strip() for text in entries.all_inner_texts()]
        assert f"New {KIND} runtime configuration" in texts
        assert len(set(texts)) == len(texts)
        entries.filter(has_text=KIND).click()

        form = page.locator(".elyra-metadataEditor")
        expect(form).to_contain_text(f"Add new {KIND} runtime configuration")
        category = form.get_by_role("group", name="Neurodesk")
        for label, value in NEURODESK_FIELDS.items():
            entry = category.locator(".form-group.field-string", has=page.get_by_text(label, exact=True))
            box = entry.locator("input, select")
            shown = box.evaluate("box => box.options ? box.options[box.selectedIndex].text : box.value")
            assert (label, shown) == (label, value)
            assert len(entry.locator(".field-description").inner_text()) > 20
        form.get_by_label("Display Name").fill(name)
        form.get_by_label("Kubeflow Pipelines API Endpoint*", exact=True).fill("https://kfp.example/pipeline")
        form.get_by_label("Cloud Object Storage Endpoint*", exact=True).fill("https://s3.example")
        form.get_by_label("Cloud Object Storage Bucket Name").fill("studies")
        form.get_by_label("Default Modules").fill("fsl/6.0.7.16")
        browser.show(page, "7-form")

        # Elyra wants them for KUBERNETES_SECRET, too, and marks no field of the three as required
        form.get_by_label("Cloud Object Storage Username").fill("a-name")
        form.get_by_label("Cloud Object Storage Password").fill("a-password")
        with page.expect_response(saves_a_configuration) as saved:
            form.get_by_role("button", name="Save & Close").click()
        assert saved.value.status == 201, saved.value.text()
        expect(page.locator(".elyra-metadata-item", has_text=name)).to_be_visible()
        expect(form).to_have_count(0)
        browser.show(page, "8-list")

    loaded = lab.runtime_configurations()
    assert set(loaded) >= {name, THIS_MACHINE}
    assert loaded[name]["schema_name"] == "neurodesk"
    metadata = loaded[name]["metadata"]
    assert metadata["runtime_type"] == "KUBEFLOW_PIPELINES"
    assert metadata["cos_auth_type"] == "KUBERNETES_SECRET"
    assert metadata["cvmfs_claim"] == CLAIM
    assert metadata["default_modules"] == "fsl/6.0.7.16"
    assert lab.complaints() == []


def test_a_nodes_modules_are_chosen_in_the_editor_and_saved(lab: Lab, browser: Tabs) -> None:
    file = lab.directory / "neuroimaging.pipeline"
    copy = lab.directory / "modules.pipeline"
    shutil.copy(file, copy)
    with browser.open(lab.start_page, "modules") as page:
        page.locator(".jp-DirListing-item", has_text="modules.pipeline").dblclick()
        editor = page.locator(".elyra-PipelineEditor")
        editor.get_by_text("denoise-slice", exact=True).click(button="right")
        page.get_by_text("Open Properties", exact=True).click()
        field = editor.locator(".field-array", has=page.get_by_text("Neurodesk Modules", exact=True)).last
        field.scroll_into_view_if_needed()
        field.get_by_role("button", name="Add").click()
        box = field.locator("select").last
        assert box.evaluate("box => box.value") == ""
        box.select_option("dcm2niix/v1.0.20240202")
        field.get_by_role("button", name="Add").click()
        field.locator("select").nth(2).select_option(label="Type its name")
        field.get_by_role("textbox").fill("ants/9.9")
        strictness = editor.locator("select#root_component_parameters_neurodesk_strictness")
        strictness.select_option(label="warn")
        browser.show(page, "9-node-properties")
        page.keyboard.press("Control+s")

        def saved() -> dict[str, Any] | None:
            nodes = json.loads(copy.read_text("utf-8"))["pipelines"][0]["nodes"]
            node = next(node for node in nodes if node["app_data"]["ui_data"]["label"] == "denoise-slice")
            parameters = dict(node["app_data"]["component_parameters"])
            return parameters if parameters.get("neurodesk_strictness") else None

        parameters = wait_for("the saved property", saved, 60)
        assert parameters["neurodesk_modules"] == [
            {"module": "dcm2niix/v1.0.20240202"},
            {"module": "ants/9.9"},
        ]
        assert parameters["neurodesk_strictness"] == "warn"
    assert lab.complaints() == []


REPORT = """
import base64, os
os.makedirs("figures")
png = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQVR4nGP4z8AARAwoFABE0AX7pM/egAAAAABJRU5ErkJggg=="
open("figures/a b.png", "wb").write(base64.b64decode(png))
open("report.html", "w").write("<h1>QC</h1><img src='figures/a%20b.png'>")
"""


def test_an_html_output_shows_its_images_and_stays_a_stranger_to_the_pages(lab: Lab, browser: Tabs) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(REPORT)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    file = lab.directory / "report.ipynb"
    nbformat.write(notebook, file)
    given = (
        "--image",
        "vnmd/neurodesktop:2026-09-23",
        "--output",
        "report.html",
        "--output",
        "figures/*.png",
    )
    run = json.loads(lab.elyra_neurodesk("submit", str(file), *given, "--watch", "--json"))
    page_of_run = f"elyra-neurodesk/runs/{run['run_id']}"
    direct = f"{run['run_url'].partition('#')[0]}runs/{run['run_id']}?token={lab.backend_token}"
    for name, address in (("behind-jupyter", f"{lab.url}{page_of_run}"), ("direct", direct)):
        with browser.open(address, name) as page:
            page.get_by_role("link", name="report.html", exact=True).click()
            expect(page.get_by_role("heading", name="QC")).to_be_visible()
            page.wait_for_function("document.images[0].complete")
            assert page.evaluate("document.images[0].naturalWidth") == 2
            assert page.evaluate("window.origin") == "null"
            assert page.evaluate("fetch('../../../..').then(() => 'read', () => 'refused')") == "refused"
            browser.show(page, f"12-report-{name}")
