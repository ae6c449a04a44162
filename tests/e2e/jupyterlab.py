"""A real JupyterLab with Elyra, the embedded backend beside it, and a headless Chromium that uses both."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.auth import passwd

from elyra_neurodesk.backend.ports import choose_port
from tests.support.backend import ask
from tests.support.jupyter import JupyterHome

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "demo"
BASE_URL = "/user/ana%40lab/"  # as JupyterHub has it for the user ana@lab
PASSWORD = "a password of the test"
TOKEN = "a-token-of-the-test"  # for requests without a browser
CLAIM = "cvmfs-neurodesk"
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
PATIENCE = 120.0  # seconds for anything a page does; machines of a CI can be slow

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # the tests may run as root, and open pages of this machine alone
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# keeps JupyterLab from asking about its news, and from looking for them
_NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}
# Elyra 4.1.1 logs this as an error wherever no component catalog is registered
_EXPECTED_ERRORS = ("No components could be found in any catalog",)

Found = TypeVar("Found")


def chromium() -> str | None:
    """Return the path of the system's Chromium or Chrome, if there is one."""
    return next((path for name in _CHROMIUM if (path := shutil.which(name))), None)


def wait_for(what: str, look: Callable[[], Found | None], seconds: float = PATIENCE) -> Found:
    """Call ``look`` until it finds something; ``what`` is named if it does not."""
    end = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
        time.sleep(0.2)
    return found


@dataclass(frozen=True)
class Lab:
    """A JupyterLab server that runs.

    Attributes:
        home: home directory and environment of the server and of the backend.
        directory: what the file browser shows.
        url: base URL, with a slash at its end.
        log: everything the server printed.
    """

    home: JupyterHome
    directory: Path
    url: str
    log: Path

    @property
    def start_page(self) -> str:
        """Return the URL of an empty workspace, whatever an earlier page left in it."""
        return f"{self.url}lab?reset"

    @property
    def backend_token(self) -> str:
        """The token of the embedded backend."""
        return Path(self.home.env["ELYRA_NEURODESK_HOME"], "token").read_text("ascii")

    def elyra_neurodesk(self, *arguments: str) -> str:
        """Run our command line beside the server and return what it printed."""
        return str(self.home.run(sys.executable, "-m", "elyra_neurodesk.cli.main", *arguments).stdout)

    def runtime_configurations(self) -> dict[str, dict[str, Any]]:
        """Return the valid runtime configurations, by display name, as Elyra's manager loads them."""
        script = (
            "import json\n"
            "from elyra.metadata.manager import MetadataManager\n"
            "loaded = MetadataManager(schemaspace='runtimes').get_all()\n"
            "print(json.dumps({each.display_name: each.to_dict() for each in loaded}))\n"
        )
        out = self.home.run(sys.executable, "-c", script, fork=True).stdout
        return dict(json.loads(out.strip().splitlines()[-1]))

    def complaints(self) -> list[str]:
        """Return the lines of the server's log that are errors of Elyra's or of ours."""
        return [
            line
            for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()
            if ("elyra_neurodesk/" in line or line.startswith("Traceback") or " ElyraApp]" in line)
            and not line.startswith(("[I ", "[W "))
            and not any(expected in line for expected in _EXPECTED_ERRORS)
        ]


@contextmanager
def backend(home: JupyterHome, tree: Path) -> Iterator[None]:
    """Have the embedded backend up and registered with Elyra, with ``tree`` as the CVMFS claim."""
    command = (sys.executable, "-m", "elyra_neurodesk.cli.main", "local")
    port = choose_port(None, 20000 + os.getpid() % 20000, "--port")
    try:
        home.run(*command, "up", "--port", str(port), "--claim", f"{CLAIM}={tree}")
        yield
    finally:
        home.run(*command, "down")


@contextmanager
def jupyterlab(home: JupyterHome, directory: Path) -> Iterator[Lab]:
    """Have a JupyterLab server that shows ``directory``, with a base URL and a password.

    The server and its children are ended afterwards.
    """
    install_extensions(home.home)
    runtime = home.home / "runtime"
    log = home.home / "jupyterlab.log"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={directory}"),
        *(f"--ServerApp.base_url={BASE_URL}", f"--IdentityProvider.token={TOKEN}"),
        f"--PasswordIdentityProvider.hashed_password={passwd(PASSWORD)}",
    ]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            env={**home.env, "JUPYTER_RUNTIME_DIR": str(runtime)},
            cwd=home.home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def connection() -> dict[str, Any] | None:
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        file = runtime / f"jpserver-{server.pid}.json"
        with suppress(OSError, ValueError):  # no file or no answer yet, or half a file
            facts = dict(json.loads(file.read_text(encoding="utf-8")))
            urllib.request.urlopen(f"{facts['url']}api", timeout=10).close()
            return facts
        return None

    try:
        facts = wait_for("JupyterLab's answer", connection)
        yield Lab(home, directory, facts["url"], log)
    finally:
        _end(server)


def install_extensions(home: Path) -> None:
    """Put our extensions where a wheel would: an editable installation has no data files. Ask for no news."""
    settings = home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(_NO_NEWS), "utf-8")
    config = home / ".jupyter/jupyter_server_config.d"
    config.mkdir(parents=True)
    shutil.copy(ROOT / "jupyter-config/elyra_neurodesk.json", config)
    shutil.copytree(ROOT / "labextension", home / ".local/share/jupyter/labextensions/elyra-neurodesk")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and the group it leads, softly at first."""
    for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)


@dataclass(frozen=True)
class Tabs:
    """Opens pages in a browser and keeps pictures of them.

    Attributes:
        browser: the Chromium that runs.
        pictures: where screenshots go.
        always: keep a picture at every step, else only when a test fails.
    """

    browser: Browser
    pictures: Path
    always: bool

    @contextmanager
    def open(self, url: str, name: str, user: str = "", password: str = PASSWORD) -> Iterator[Page]:
        """Open a page of a fresh profile and log in to Jupyter; a failure leaves pictures of all its tabs.

        A Hub asks for the user's name too.
        """
        context = self.browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        try:
            page.goto(url)
            if user:
                page.locator("#username_input").fill(user)
            if page.locator("#password_input").count():
                page.locator("#password_input").fill(password)
                page.locator("#login_submit").click()
            yield page
        except BaseException as problem:
            for number, tab in enumerate(context.pages):
                with suppress(Exception):  # the failure itself is what has to be told
                    problem.add_note(f"screenshot: {self._take(tab, f'{name}-failed-{number}')}")
            raise
        finally:
            context.close()

    def show(self, page: Page, name: str) -> None:
        """Keep a picture of this step, if pictures of every step are asked for."""
        if self.always:
            self._take(page, name)

    def _take(self, page: Page, name: str) -> Path:
        self.pictures.mkdir(parents=True, exist_ok=True)
        file = self.pictures / f"{name}.png"
        page.screenshot(path=file, full_page=True)
        return file


@contextmanager
def tabs(pictures: Path) -> Iterator[Tabs]:
    """Have a headless Chromium with an empty profile; its pictures go to $NEURODESK_SCREENSHOTS if set."""
    from playwright.sync_api import sync_playwright

    asked = os.environ.get("NEURODESK_SCREENSHOTS", "")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=list(_FLAGS))
        try:
            yield Tabs(browser, Path(asked) if asked else pictures, bool(asked))
        finally:
            browser.close()


def ended_run(api: str, token: str, run_id: str, seconds: float) -> dict[str, Any]:
    """Return the run from KFP's API once it has ended."""

    def look() -> dict[str, Any] | None:
        with ask(f"{api}/apis/v2beta1/runs/{run_id}", token) as answer:
            run = dict(json.load(answer))
        return run if run["state"] in ENDED else None

    return wait_for(f"the end of run {run_id}", look, seconds)
