"""Start, stop and describe the embedded backend."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.access_token import ensure_token, read_token
from elyra_neurodesk.backend.config import CVMFS_CLAIM, Config, load_config, save_config
from elyra_neurodesk.backend.db.damage import DatabaseDamaged, check_database, set_aside, unknown_runs
from elyra_neurodesk.backend.earlier_store import retire_store
from elyra_neurodesk.backend.file_lock import locked
from elyra_neurodesk.backend.health import wait_healthy
from elyra_neurodesk.backend.home import BackendState, Home
from elyra_neurodesk.backend.memory_limits import delegated_scope
from elyra_neurodesk.backend.ports import choose_port, wait_until_free
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.backend.recognition import server_healthy
from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.modules.repository import directory_problems

PORT = 8898
_MARGIN = 10.0  # seconds the server gets beyond its tasks' grace period
# `up` takes 25 s at most: 8 for the lock, 2 for a look at the server that should run, 1 + 5 to end it when it
# does not answer, then 6 at least for its port to be free and the new server to answer, and 3 to end that one
# when it does not
_UP_SECONDS = 25.0
_LOCK_SECONDS = 8.0
_END_SECONDS = 3.0
_SHORT_GRACE_SECONDS = 1.0
_MAX_NAMED = 5
Say = Callable[[str], None]
Register = Callable[[BackendState, Path, str, str], object]


class ExtraMissing(NeurodeskError):
    """A package that the embedded backend needs is not installed."""

    code = "ND-LOCAL-016"
    hint = "Type: pip install 'elyra-neurodesk[local]'"


class CannotStop(NeurodeskError):
    """A process of the embedded backend does not end."""

    code = "ND-LOCAL-017"
    hint = "End it by hand: kill -9 PID"


class DatabaseIntact(NeurodeskError):
    """A new database was asked for, and the one that is there is not damaged."""

    code = "ND-LOCAL-022"
    hint = "Leave --new-database out; `elyra-neurodesk runs delete` and `runs prune` remove runs."


@dataclass(frozen=True)
class Options:
    """What the user asked `local up` for; None leaves a setting as it is."""

    port: int | None = None
    claims: tuple[str, ...] = ()
    parallelism: int | None = None
    cpus: float | None = None
    memory: str | None = None
    warm: bool | None = None
    new_database: bool = False

    def apply(self, config: Config) -> Config:
        """Return the settings with these changes, or raise InvalidConfig."""
        names = ("parallelism", "cpus", "memory", "warm")
        wanted = {name: getattr(self, name) for name in names}
        changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        return replace(config.with_claims(self.claims), **changes).validated()


def up(home: Home, options: Options, say: Say, register: Register | None = None) -> BackendState:
    """Start what does not run, and store the settings.

    Args:
        home: the directory to work in.
        options: settings to change.
        say: is called with each line for the user.
        register: makes a runtime configuration from the backend, the object store's directory, the
            token and the directory of the CVMFS claim; None makes none.

    Returns:
        What runs now.

    Raises:
        NeurodeskError: naming what cannot be done; then nothing new is left running.
    """
    end = time.monotonic() + _UP_SECONDS
    _check_installed()
    home.make()
    with locked(home.lock, _LOCK_SECONDS):
        config = options.apply(load_config(home))
        token = ensure_token(home.token)
        if retire_store(home):
            say(f"The object store needs no server any more; objects of earlier runs stay in {home.store}.")
        before = home.state()
        if before is not None and before.server.alive() and server_healthy(before.port, token):
            _check_running(options, before)
            save_config(home, config)
            home.write_state(before)  # the server says it too where the file was lost
            say(f"Already up: {before.api_url}/ (object store {home.store})")
            state = before
        else:
            if before is not None:
                say(f"{home.path / 'state.json'} was left by a server that has ended; starting a new one.")
            if before is not None and before.server.alive():
                _stop(before.server, "server", _SHORT_GRACE_SECONDS)  # it runs, but does not answer
            begun = time.monotonic()
            _look_after_database(home, options.new_database, say)
            end += time.monotonic() - begun  # restoring thousands of runs tells how far it is
            state = _start(home, options, config, token, end)
            say(f"Up: {state.api_url}/ (object store {home.store})")
        if register is not None:
            register(state, home.store, token, config.claims.get(CVMFS_CLAIM, ""))
    return state


def down(home: Home, say: Say, unregister: Callable[[], bool] | None = None) -> None:
    """Stop the server, and the tasks of one that was killed.

    Args:
        home: the directory it works in.
        say: is called with each line for the user.
        unregister: removes the runtime configuration and returns whether there was one; None leaves it.

    Raises:
        CannotStop: the server, or a task, does not end.
    """
    state = home.state()
    if state is None and not home.path.is_dir():
        say("Not up.")
    else:
        with locked(home.lock):
            retire_store(home)
            state = home.state()
            alive = state is not None and state.server.alive()
            grace = load_config(home).grace_seconds + _MARGIN
            if state is not None:
                _stop(state.server, "server", grace)
            _end_unattended(home, grace, say)
            home.forget_state()
            say("Down. Tasks that were running will run again at the next `up`." if alive else "Not up.")
    if unregister is not None and unregister():
        say("The runtime configuration is removed.")


def _end_unattended(home: Home, grace: float, say: Say) -> None:
    """End the tasks that a server left behind when it was killed."""
    from elyra_neurodesk.backend.unattended import end_attempts, unattended_attempts

    found = unattended_attempts(home)
    if not found:
        return
    left = end_attempts(found, grace)
    if ended := [directory for directory in found if directory not in left]:
        names = [f"{directory.parent.name} of run {directory.parents[1].name}" for directory in ended]
        more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
        say(
            f"The server had been killed while tasks ran. They are ended, and run again at the next `up`: "
            f"{', '.join(names[:_MAX_NAMED])}{more}."
        )
    if left:
        raise CannotStop(
            f"{len(left)} tasks do not end, such as the one in {left[0]}: they sleep in the kernel.",
            "They end when what they wait for, often a network file system, is back.",
        )


@dataclass(frozen=True)
class BackendStatus:
    """What `local status` shows.

    Attributes:
        up: whether the server runs and answers.
        home: the directory it works in.
        config: the settings.
        state: what state.json says.
        runs: how many runs are in each state.
        problems: what is wrong with each claim's directory (see `directory_problems`).
        token: the access token; "" when it is down.
    """

    up: bool
    home: Path
    config: Config
    state: BackendState | None
    runs: Mapping[str, int]
    problems: Mapping[str, str]
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
            "object_store": str(Home(self.home).store),
            "pid": self.state.server.pid if self.up and self.state else None,
            "runs": dict(self.runs),
            "claims": [
                {"name": name, "directory": directory, "present": not self.problems[directory]}
                for name, directory in self.config.claims.items()
            ],
            "parallelism": self.config.parallelism,
            "memory_limits": (self.state.memory_limits or None) if self.up and self.state else None,
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
    config = load_config(home)
    problems = directory_problems(config.claims.values())
    return BackendStatus(healthy, home.path, config, state, _run_counts(home), problems, token)


def _run_counts(home: Home) -> Mapping[str, int]:
    if not home.database.exists():
        return {}
    from elyra_neurodesk.backend.db.database import Database
    from elyra_neurodesk.backend.db.state import RunStore

    return dict(sorted(RunStore(Database(home.database)).counts().items()))


def _look_after_database(home: Home, new: bool, say: Say) -> None:
    """Refuse a damaged database, or put it aside where the user asks for a new one; add what it lacks.

    Raises:
        DatabaseDamaged: it is, and ``new`` is off.
        DatabaseIntact: it is not, and ``new`` is on.
    """
    directories = {path.name for path in home.runs.iterdir()}
    try:
        check_database(home.database, used=bool(directories))
    except DatabaseDamaged as problem:
        if not new:
            raise
        say(f"{problem.message} It is kept as {set_aside(home.database)}; a new one is made.")
    else:
        if new:
            raise DatabaseIntact(f"the database {home.database} is not damaged, and is not replaced.")
    if missing := unknown_runs(home.database, directories):
        _restore_runs(home, missing, say)


def _restore_runs(home: Home, missing: list[str], say: Say) -> None:
    """Add runs to the database that it lacks and whose directories are there, and say what became of them."""
    from elyra_neurodesk.backend.restore import restore_runs

    def progress(number: int) -> None:
        say(f"Restoring the list of runs: {number} of {len(missing)} …")

    restored = restore_runs(home, missing, progress)
    if restored.added:
        say(f"Runs listed again: {restored.ended} that had ended, {restored.under_way} that go on.")
    for problem in restored.problems:
        say(f"Warning: {one_line(problem)}.")
    if old := restored.without_snapshot:
        say(
            f"Warning: {len(old)} cannot be listed again, such as {one_line(old[0])}: an earlier version has "
            f"accepted them. Their outputs and records are in {home.store}, their logs in {home.runs}."
        )


def _check_installed() -> None:
    for name in ("starlette", "uvicorn", "python_multipart", "jinja2"):
        if importlib.util.find_spec(name) is None:
            raise ExtraMissing(f"the Python package {name!r} is not installed.")


def _check_running(options: Options, state: BackendState) -> None:
    """Refuse to move a backend that runs, or to take its database away."""
    if options.new_database:
        raise DatabaseIntact(
            "the backend is up, and its database is in use.",
            "Type `elyra-neurodesk local down` first where it is damaged.",
        )
    if options.port not in (None, state.port):
        raise AlreadyElsewhere(f"the backend is up on port {state.port}, not on {options.port} (--port).")


class AlreadyElsewhere(NeurodeskError):
    """The backend runs on another port than the one asked for."""

    code = "ND-LOCAL-018"
    hint = "Type `elyra-neurodesk local down` first."


def _start(home: Home, options: Options, config: Config, token: str, end: float) -> BackendState:
    """Start the server, on the port that it had where it can: compiled pipelines name it.

    It is given up a few seconds before ``end`` (of the monotonic clock), to be gone by then.
    """
    if options.port is None and config.port:
        wait_until_free(config.port)  # if it stays taken, the next one is
    port = choose_port(options.port, config.port or PORT, "--port")
    save_config(home, replace(config, port=port))
    server = _spawn([*delegated_scope(), *_server_command(home, port)], home.server_log, home)
    try:
        state = BackendState(server, port)
        home.write_state(state)  # before it answers: an unknown server would keep the database locked
        seconds = end - _END_SECONDS - time.monotonic()
        wait_healthy("server", server, lambda: server_healthy(port, token), home.server_log, seconds)
        state = home.server_state() or state
        home.write_state(state)
    except BaseException:
        server.stop(_SHORT_GRACE_SECONDS)
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


def _spawn(command: list[str], log: Path, home: Home) -> ProcessHandle:
    """Start a program in a session of its own: it outlives this command and its terminal."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=home.path,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    return ProcessHandle.of(child.pid)


def _stop(process: ProcessHandle, what: str, grace_seconds: float) -> None:
    if not process.stop(grace_seconds):
        raise CannotStop(f"the {what} (process {process.pid}) does not end.")
