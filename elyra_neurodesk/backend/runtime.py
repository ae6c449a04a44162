"""The runner and the machine as config.yaml and secrets.yaml describe them now."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.backend.config import Config, Machine, load_config, load_secrets, machine
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.pod.podfile import base_environment
from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.pod.warm import WarmProcess


class Runtime:
    """Makes a new runner whenever a settings file changes, so that `local up --claim …` needs no restart.

    Args:
        home: where the files are.
        cgroups: see `RunnerConfig`.

    Attributes:
        config: the settings.
        machine: the cores and the memory that tasks can use.
        runner: runs attempts.

    Raises:
        InvalidConfig: a file is invalid.
    """

    def __init__(self, home: Home, cgroups: Path | None = None) -> None:
        self._home = home
        self._cgroups = cgroups
        self._serving = False
        self._warm: WarmProcess | None = None
        self._seen = self._stamps()
        self.config: Config = load_config(home)
        self.machine: Machine = machine(self.config)
        self.runner = self._make()

    def start(self) -> None:
        """Start the process that tasks are forked from, unless the settings say otherwise."""
        self._serving = True
        self.runner = self._make()

    def close(self) -> None:
        """End that process; tasks go on."""
        self._serving = False
        self.runner = self._make()

    def refresh(self) -> bool:
        """Read the files again when they changed.

        Returns:
            Whether they did.

        Raises:
            InvalidConfig: a file is invalid; the previous settings stay in force.
        """
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        self._seen = stamps
        self.config = load_config(self._home)
        self.machine = machine(self.config)
        self.runner = self._make()
        return True

    def _make(self) -> ProcessRunner:
        config = RunnerConfig(
            claims={name: Path(directory) for name, directory in self.config.claims.items()},
            secrets=load_secrets(self._home),
            grace_seconds=self.config.grace_seconds,
            cgroups=self._cgroups,
        )
        if not (self._serving and self.config.warm):
            if self._warm is not None:
                self._warm.close()
            self._warm = None
        elif self._warm is None:
            self._warm = WarmProcess(base_environment(config, self._home.path), self._home.server_log)
            self._warm.start()
        return ProcessRunner(config, self._warm)

    def _stamps(self) -> tuple[int, ...]:
        files = (self._home.config, self._home.secrets)
        return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)
