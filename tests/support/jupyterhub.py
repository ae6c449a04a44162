"""A real JupyterHub with its proxy: users log in by name, their servers are processes of this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.jupyter import JupyterHome
from tests.support.objectstore import free_port

PROXY = "configurable-http-proxy"
PASSWORD = "a password of all users"
INSTALL_TIMEOUT = 300  # seconds for npm, which downloads some 40 packages
START_TIMEOUT = 120.0


@dataclass(frozen=True)
class Hub:
    """A JupyterHub that runs.

    Attributes:
        url: of the proxy, with a slash at its end.
        home: home directory and environment of all users' servers.
        log: everything that hub, proxy and servers printed.
    """

    url: str
    home: JupyterHome
    log: Path

    def server(self, user: str) -> str:
        """Return the base URL of a user's server, with a slash at its end."""
        return f"{self.url}user/{quote(user, safe='@')}/"


def why_missing() -> str:
    """Return what a Hub needs and is not here, "" where all is."""
    if importlib.util.find_spec("jupyterhub") is None:
        return "the package jupyterhub is not installed"
    if not shutil.which("node"):
        return "there is no node, which JupyterHub's proxy needs"
    if not (shutil.which(PROXY) or shutil.which("npm")):
        return f"there is neither {PROXY} nor npm, which installs it"
    return ""


def proxy_command(directory: Path) -> list[str]:
    """Return the command of JupyterHub's proxy; npm installs it below ``directory`` where it is not on PATH.

    Raises:
        OSError: npm cannot install it, which its message says.
    """
    if found := shutil.which(PROXY):
        return [found]
    npm = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(directory), PROXY]
    done = subprocess.run(npm, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False)
    if done.returncode:
        raise OSError(f"npm cannot install {PROXY}: {done.stderr.strip()[-500:]}")
    return [str(directory / "node_modules/.bin" / PROXY)]


@contextmanager
def running_hub(home: JupyterHome, directory: Path, work: Path, proxy: list[str]) -> Iterator[Hub]:
    """Run a JupyterHub whose users log in with `PASSWORD`; it and all that it started end with the ``with``.

    Args:
        home: of the users' servers; all of them have this one.
        directory: what their file browsers show.
        work: gets what the Hub itself writes.
        proxy: see `proxy_command`.
    """
    url = f"http://127.0.0.1:{free_port()}/"
    config = work / "jupyterhub_config.py"
    config.write_text(_config(url, home, directory, work, proxy), "utf-8")
    log = work / "hub.log"
    with log.open("wb") as output:
        hub = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(config)],
            cwd=work,
            env={**home.env, "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for_answer(f"{url}hub/api/", hub, log)
        yield Hub(url, home, log)
    finally:
        _end(hub)


def _config(url: str, home: JupyterHome, directory: Path, work: Path, proxy: list[str]) -> str:
    """Return the Hub's configuration file, which is Python."""
    values: dict[str, Any] = {
        "JupyterHub.bind_url": url,
        "JupyterHub.hub_port": free_port(),
        "JupyterHub.db_url": f"sqlite:///{work}/hub.sqlite",
        "JupyterHub.cookie_secret_file": f"{work}/cookie-secret",
        "JupyterHub.authenticator_class": "dummy",
        "JupyterHub.spawner_class": "simple",
        "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{free_port()}",
        "ConfigurableHTTPProxy.command": proxy,
        "ConfigurableHTTPProxy.pid_file": f"{work}/proxy.pid",
        "Authenticator.allow_all": True,
        "DummyAuthenticator.password": PASSWORD,
        "SimpleLocalProcessSpawner.home_dir_template": str(home.home),
        "Spawner.environment": {name: value for name, value in home.env.items() if name != "HOME"},
        "Spawner.notebook_dir": str(directory),
        "Spawner.cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
        "Spawner.args": ["--allow-root"],
        "Spawner.default_url": "/lab?reset",
        "Spawner.start_timeout": int(START_TIMEOUT),
        "Spawner.http_timeout": int(START_TIMEOUT),
    }
    return "import json\n" + "".join(
        f"c.{name} = json.loads({json.dumps(value)!r})\n" for name, value in values.items()
    )


def _wait_for_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while True:
        with suppress(OSError), urllib.request.urlopen(url, timeout=10):
            return
        assert process.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < end, f"no answer from {url}: {log.read_text('utf-8', 'replace')}"
        time.sleep(0.2)


def _end(hub: subprocess.Popen[bytes]) -> None:
    """End the Hub softly, so that it stops proxy and servers, then its group."""
    with suppress(ProcessLookupError):
        hub.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        hub.wait(30)
    with suppress(ProcessLookupError):
        os.killpg(hub.pid, signal.SIGKILL)
    hub.wait(10)
