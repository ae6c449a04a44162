"""What is known on this machine of the process that forwards ports for a runtime configuration."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from elyra_neurodesk.backend.private_file import read_regular, write_private
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.port_forward.forward import Status
from elyra_neurodesk.port_forward.targets import Target


@dataclass(frozen=True)
class ForwardState:
    """A process that forwards ports.

    Attributes:
        process: which.
        context: of the kubeconfig.
        statuses: of its targets.
        idle_seconds: after which it ends without a connection, None for never.
    """

    process: ProcessHandle
    context: str
    statuses: tuple[Status, ...]
    idle_seconds: float | None = None

    @property
    def ready(self) -> bool:
        """Whether all ports lead to a pod."""
        return all(one.state == "forwarding" for one in self.statuses)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What it forwards."""
        return tuple(one.target for one in self.statuses)

    def to_json(self) -> str:
        """Return it as `ForwardHome.state` reads it."""
        return json.dumps(asdict(self), indent=1)


@dataclass(frozen=True)
class ForwardHome:
    """The directory (0700) of the process that forwards the ports of one runtime configuration.

    Attributes:
        path: the directory.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the runtime configuration."""
        return self.path.name

    @property
    def lock(self) -> Path:
        """Held by the process as long as it runs."""
        return self.path / "lock"

    @property
    def start_lock(self) -> Path:
        """Held by a command that starts or stops the process, and by the process while it decides to end."""
        return self.path / "start.lock"

    @property
    def log(self) -> Path:
        """What the process has said."""
        return self.path / "log"

    @property
    def used(self) -> Path:
        """Its time is that of the last command that needed the ports."""
        return self.path / "used"

    @property
    def _state(self) -> Path:
        return self.path / "state.json"

    def make(self) -> None:
        """Make the directory, readable by its owner alone."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def state(self) -> ForwardState | None:
        """Return the process that runs, None when there is none."""
        try:
            content = json.loads(read_regular(self._state))
            statuses = tuple(
                Status(Target(**one["target"]), one["state"], one["detail"]) for one in content["statuses"]
            )
            process = ProcessHandle(**content["process"])
            found = ForwardState(process, content["context"], statuses, content["idle_seconds"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return found if process.alive() else None

    def write_state(self, state: ForwardState) -> None:
        """Replace what is known of the process."""
        write_private(self._state, state.to_json())

    def forget_state(self) -> None:
        """Say that there is none."""
        self._state.unlink(missing_ok=True)


def forward_home(name: str) -> ForwardHome:
    """Return the directory for a runtime configuration, below the XDG data directory."""
    return ForwardHome(_root() / name)


def forward_homes() -> Iterator[ForwardHome]:
    """Yield the directories of all runtime configurations for which ports have been forwarded."""
    root = _root()
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if path.is_dir():
            yield ForwardHome(path)


def _root() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().resolve() / "elyra-neurodesk" / "port-forward"
