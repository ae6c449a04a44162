"""The directory of the embedded backend."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.private_file import read_regular_text, write_private
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.errors import NeurodeskError

ENV = "ELYRA_NEURODESK_HOME"
BUCKET = "neurodesk"


class HomeUnusable(NeurodeskError):
    """The directory of the embedded backend, or a file in it, cannot be used."""

    code = "ND-LOCAL-004"
    hint = "Check its owner and permissions, or choose another directory with --home."


@dataclass(frozen=True)
class BackendState:
    """What runs, as state.json has it.

    Attributes:
        server: the API server and scheduler.
        port: the server's port.
        memory_limits: how the server has memory limits kept (`memory_limits.MemoryLimits.kind`); "" before
            it has said so.
    """

    server: ProcessHandle
    port: int
    memory_limits: str = ""

    def to_json(self) -> str:
        """Return it as `Home.state` reads it."""
        return json.dumps(asdict(self), indent=1)

    @property
    def api_url(self) -> str:
        """The endpoint that a runtime configuration names."""
        return f"http://127.0.0.1:{self.port}/pipeline"


@dataclass(frozen=True)
class Home:
    """The directory (0700) with the configuration, the database, the objects and the work directories."""

    path: Path

    @property
    def config(self) -> Path:
        """Settings that survive: claims, parallelism, ports (see `config.Config`)."""
        return self.path / "config.yaml"

    @property
    def secrets(self) -> Path:
        """The user's own secrets for tasks, 0600: secret name to key to value."""
        return self.path / "secrets.yaml"

    @property
    def token(self) -> Path:
        """The access token, 0600."""
        return self.path / "token"

    @property
    def database(self) -> Path:
        """SQLite."""
        return self.path / "db.sqlite"

    @property
    def store(self) -> Path:
        """The object store: ``<bucket>/<key>`` are plain files (`storage.directory`)."""
        return self.path / "store"

    @property
    def runs(self) -> Path:
        """Work directories: ``<run id>/<task>/<attempt>``."""
        return self.path / "runs"

    @property
    def server_log(self) -> Path:
        """What the API server prints."""
        return self.path / "server.log"

    @property
    def lock(self) -> Path:
        """Held by `local up` and `local down` while they work."""
        return self.path / "lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server while it runs; says what state.json says."""
        return self.path / "server.lock"

    @property
    def _state(self) -> Path:
        return self.path / "state.json"

    def make(self) -> None:
        """Make the directories, readable by their owner alone.

        Raises:
            HomeUnusable: the directory cannot be made or belongs to another user, or something else is in the
                place of one of its files: opening a FIFO would wait for ever.
        """
        try:
            for directory in (self.path, self.store, self.store / BUCKET, self.runs):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as problem:
            raise HomeUnusable(f"the directory {self.path} cannot be used: {problem.strerror}.") from problem
        files = (self.config, self.secrets, self.token, self.database, self.server_log, self.lock)
        for file in (*files, self.server_lock, self._state):
            if file.exists() and not file.is_file():
                raise HomeUnusable(f"{file} is not a regular file.", "Move it away, then try again.")

    def state(self) -> BackendState | None:
        """Return what state.json says, else what the server that runs says in its lock, else None."""
        return _read_state(self._state) or self.server_state()

    def server_state(self) -> BackendState | None:
        """Return what the server that runs says in its lock, None when none runs."""
        running = _read_state(self.server_lock)  # stays when its writer ends
        return running if running is not None and running.server.alive() else None

    def write_state(self, state: BackendState) -> None:
        """Replace state.json."""
        write_private(self._state, state.to_json())

    def forget_state(self) -> None:
        """Remove state.json."""
        self._state.unlink(missing_ok=True)

    def run_directory(self, run_id: str) -> Path:
        """Return where the work directories of one run are."""
        return self.runs / run_id


def _read_state(file: Path) -> BackendState | None:
    """Return the state in a file, None when it is missing or damaged."""
    try:
        content: dict[str, Any] = json.loads(read_regular_text(file))
        server, limits = ProcessHandle(**content["server"]), str(content.get("memory_limits", ""))
        return BackendState(server, int(content["port"]), limits)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def find_home(given: str | Path | None = None) -> Home:
    """Return the home: the one given, else $ELYRA_NEURODESK_HOME, else the XDG data directory's."""
    if given or os.environ.get(ENV):
        return Home(Path(given or os.environ[ENV]).expanduser().resolve())
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Home(Path(data).expanduser().resolve() / "elyra-neurodesk" / "local")
