"""Start, stop and describe the embedded backend."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.access_token import ensure_token, read_token
from elyra_neurodesk.backend.config import CVMFS_CLAIM, Config, load_config, save_config
from elyra_neurodesk.backend.file_lock import locked
from elyra_neurodesk.backend.health import ensure_bucket, store_healthy, wait_healthy
from elyra_neurodesk.backend.home import BackendState, Home, StoreAccount
from elyra_neurodesk.backend.ports import LOOPBACK, choose_port
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.backend.recognition import server_healthy
from elyra_neurodesk.errors import NeurodeskError

PORT = 8898
STORE_PORT = 8900
_MARGIN = 10.0  # seconds the server gets beyond its tasks' grace period
Say = Callable[[str], None]
Register = Callable[[BackendState, StoreAccount, str, str], object]


class ExtraMissing(NeurodeskError):
    """A package that the embedded backend needs is not installed."""

    code = "ND-LOCAL-016"
    hint = "Type: pip install 'elyra-neurodesk[local]'"


class CannotStop(NeurodeskError):
    """A process of the embedded backend does not end."""

    code = "ND-LOCAL-017"
    hint = "End it by hand: kill -9 PID"


@dataclass(frozen=True)
class Options:
    """What the user asked `local up` for; None leaves a setting as it is."""

    port: int | None = None
    store_port: int | None = None
    claims: tuple[str, ...] = ()
    parallelism: int | None = None
    cpus: float | None = None
    memory: str | None = None

    def apply(self, config: Config) -> Config:
        """Return the settings with these changes, or raise InvalidConfig."""
        wanted = {"parallelism": self.parallelism, "cpus": self.cpus, "memory": self.memory}
        changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        return replace(config.with_claims(self.claims), **changes).validated()


def up(home: Home, options: Options, say: Say, register: Register | None = None) -> BackendState:
    """Start what does not run, and store the settings.

    Args:
        home: the directory to work in.
        options: settings to change.
        say: is called with each line for the user.
        register: makes a runtime configuration from the backend, the object store's credentials, the
            token and the directory of the CVMFS claim; None makes none.

    Returns:
        What runs now.

    Raises:
        NeurodeskError: naming what cannot be done; then nothing new is left running.
    """
    _check_installed()
    home.make()
    with locked(home.lock):
        config = options.apply(load_config(home))
        token = ensure_token(home.token)
        before = home.state()
        if before is not None and before.server.alive() and server_healthy(before.port, token):
            _check_ports(options, before)
            save_config(home, config)
            say(f"Already up: {before.api_url}/ (object store {before.store_url})")
            state = _with_store(home, before)
        else:
            if before is not None:
                say(f"{home.path / 'state.json'} was left by a server that has ended; starting a new one.")
            state = _start(home, options, config, before, token)
            say(f"Up: {state.api_url}/ (object store {state.store_url})")
        credentials = home.credentials()
        ensure_bucket(state, credentials)
        if register is not None:
            register(state, credentials, token, config.claims.get(CVMFS_CLAIM, ""))
    return state


def down(home: Home, say: Say, unregister: Callable[[], bool] | None = None) -> None:
    """Stop the server and the object store.

    Args:
        home: the directory they work in.
        say: is called with each line for the user.
        unregister: removes the runtime configuration and returns whether there was one; None leaves it.

    Raises:
        CannotStop: a process does not end.
    """
    state = home.state()
    if state is None and not home.path.is_dir():
        say("Not up.")
    else:
        with locked(home.lock):
            state = home.state()
            alive = state is not None and (state.server.alive() or state.store.alive())
            grace = load_config(home).grace_seconds + _MARGIN
            if state is not None:
                _stop(state.server, "server", grace)
                _stop(state.store, "object store", _MARGIN)
            home.forget_state()
            say("Down. Tasks that were running will run again at the next `up`." if alive else "Not up.")
    if unregister is not None and unregister():
        say("The runtime configuration is removed.")


@dataclass(frozen=True)
class BackendStatus:
    """What `local status` shows."""

    up: bool
    home: Path
    config: Config
    state: BackendState | None
    runs: Mapping[str, int]
    token: str = field(repr=False)

    @property
    def runs_page(self) -> str:
        """The page with all runs, with the token; "" when the backend is down."""
        return runs_page(self.state, self.token) if self.up and self.state else ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON for programs; no credentials."""
        return {
            "up": self.up,
            "home": str(self.home),
            "api_endpoint": self.state.api_url if self.up and self.state else None,
            "object_store": self.state.store_url if self.up and self.state else None,
            "pid": self.state.server.pid if self.up and self.state else None,
            "runs": dict(self.runs),
            "claims": [
                {"name": name, "directory": directory, "present": Path(directory).is_dir()}
                for name, directory in self.config.claims.items()
            ],
            "parallelism": self.config.parallelism,
        }


def runs_page(state: BackendState, token: str) -> str:
    """Return the address of the page with all runs, with the token that opens it once in a browser."""
    return f"{state.api_url}/?token={token}"


def status(home: Home) -> BackendStatus:
    """Return what runs, the runs by state, and the claims."""
    state = home.state()
    up = state is not None and state.server.alive() and home.token.exists()
    token = read_token(home.token) if up else ""
    healthy = state is not None and up and server_healthy(state.port, token)
    return BackendStatus(healthy, home.path, load_config(home), state, _run_counts(home), token)


def _run_counts(home: Home) -> Mapping[str, int]:
    if not home.database.exists():
        return {}
    from elyra_neurodesk.backend.db.database import Database
    from elyra_neurodesk.backend.db.state import RunStore

    return dict(sorted(RunStore(Database(home.database)).counts().items()))


def _check_installed() -> None:
    for name in ("starlette", "uvicorn", "python_multipart", "nanio", "minio", "jinja2"):
        if importlib.util.find_spec(name) is None:
            raise ExtraMissing(f"the Python package {name!r} is not installed.")


def _check_ports(options: Options, state: BackendState) -> None:
    """Refuse to move a backend that runs."""
    for wanted, has, option in (
        (options.port, state.port, "--port"),
        (options.store_port, state.store_port, "--store-port"),
    ):
        if wanted not in (None, has):
            raise AlreadyElsewhere(f"the backend is up on port {has}, not on {wanted} ({option}).")


class AlreadyElsewhere(NeurodeskError):
    """The backend runs on another port than the one asked for."""

    code = "ND-LOCAL-018"
    hint = "Type `elyra-neurodesk local down` first."


def _with_store(home: Home, state: BackendState) -> BackendState:
    """Return the state with an object store that runs, on the same port as before."""
    if state.store.alive():
        return state
    port = choose_port(state.store_port, state.store_port, "--store-port")
    revived = replace(state, store=_start_store(home, port, home.credentials()))
    home.write_state(revived)
    return revived


def _start(
    home: Home, options: Options, config: Config, before: BackendState | None, token: str
) -> BackendState:
    """Start what does not run; ports stay where they can, because compiled pipelines name them."""
    store = before.store if before is not None and before.store.alive() else None
    store_port = before.store_port if before is not None and store is not None else 0
    taken = frozenset({store_port} - {0})
    if before is not None and before.server.alive():
        _stop(before.server, "server", _MARGIN)  # it runs, but does not answer
    port = choose_port(options.port, config.port or PORT, "--port", taken)
    if store is None:
        preferred = config.store_port or STORE_PORT
        store_port = choose_port(options.store_port, preferred, "--store-port", frozenset({port}))
    elif options.store_port not in (None, store_port):
        raise AlreadyElsewhere(f"the object store is up on port {store_port}, not {options.store_port}.")
    save_config(home, replace(config, port=port, store_port=store_port))
    begun: list[ProcessHandle] = []
    try:
        if store is None:
            store = _start_store(home, store_port, home.credentials())
            begun.append(store)
        server = _spawn(_server_command(home, port), home.server_log, home)
        begun.append(server)
        state = BackendState(server, store, port, store_port)
        home.write_state(state)  # before it answers: an unknown server would keep the database locked
        wait_healthy("server", server, lambda: server_healthy(port, token), home.server_log)
    except BaseException:
        for process in begun:
            process.stop(_MARGIN)
        if before is not None and before.store.alive():
            home.write_state(before)
        else:
            home.forget_state()
        raise
    return state


def _server_command(home: Home, port: int) -> list[str]:
    return [
        sys.executable,
        "-P",
        "-m",
        "elyra_neurodesk.backend.server",
        "--home",
        str(home.path),
        "--port",
        str(port),
    ]


def _start_store(home: Home, port: int, credentials: StoreAccount) -> ProcessHandle:
    command = [sys.executable, "-P", "-m", "nanio", "serve", "--data-dir", str(home.store)]
    command += ["--host", LOOPBACK, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    keys = {"NANIO_ACCESS_KEY": credentials.access_key, "NANIO_SECRET_KEY": credentials.secret_key}
    process = _spawn(command, home.store_log, home, keys)
    try:
        wait_healthy("object store", process, lambda: store_healthy(port), home.store_log)
    except BaseException:
        process.stop(_MARGIN)
        raise
    return process


def _spawn(
    command: list[str], log: Path, home: Home, extra: Mapping[str, str] | None = None
) -> ProcessHandle:
    """Start a program in a session of its own: it outlives this command and its terminal."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NANIO_")}
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=home.path,
            env={**inherited, **(extra or {})},
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    return ProcessHandle.of(child.pid)


def _stop(process: ProcessHandle, what: str, grace_seconds: float) -> None:
    if not process.stop(grace_seconds):
        raise CannotStop(f"the {what} (process {process.pid}) does not end.")
