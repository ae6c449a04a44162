"""The embedded backend's settings: config.yaml and secrets.yaml in its home."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.private_file import write_private
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.paths import CVMFS_ROOT
from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes

CVMFS_CLAIM = "cvmfs-neurodesk"
_RETIRED = ("store_port",)  # settings of earlier versions, which their files still have


class InvalidConfig(NeurodeskError):
    """A setting of the embedded backend is invalid."""

    code = "ND-LOCAL-005"
    hint = "Correct it with the options of `elyra-neurodesk local up`, or in the file."


@dataclass(frozen=True)
class Config:
    """Settings.

    Attributes:
        claims: directory of this machine for each PVC, by the PVC's name.
        parallelism: maximum number of tasks at once; 0 means as many as the cores and the memory carry.
        cpus: cores for tasks; 0 means all of the machine's.
        memory: memory for tasks, a Kubernetes quantity (``8Gi``); "" means all of the machine's.
        port: the port the server had last; 0 before the first start.
        grace_seconds: time between SIGTERM and SIGKILL when a task is stopped.
        warm: whether tasks and their kernels are forked from a process that has imported their libraries.
    """

    claims: dict[str, str] = field(default_factory=lambda: {CVMFS_CLAIM: CVMFS_ROOT})
    parallelism: int = 0
    cpus: float = 0.0
    memory: str = ""
    port: int = 0
    grace_seconds: float = 10.0
    warm: bool = True

    def with_claims(self, given: tuple[str, ...]) -> Config:
        """Return this with claims added, each written ``NAME=DIRECTORY``.

        Raises:
            InvalidConfig: one has no name or no directory.
        """
        claims = dict(self.claims)
        for text in given:
            name, equals, directory = text.partition("=")
            if not (name and equals and directory):
                raise InvalidConfig(f"--claim {text!r} is not NAME=DIRECTORY.")
            claims[name] = str(Path(directory).expanduser().absolute())
        return replace(self, claims=claims)

    def validated(self) -> Config:
        """Return this when every value can be used.

        Raises:
            InvalidConfig: naming the value and its limit.
        """
        if self.parallelism < 0 or self.cpus < 0 or self.grace_seconds < 0:
            raise InvalidConfig("parallelism, cpus and grace_seconds cannot be below 0.")
        try:
            parse_bytes(self.memory or "0")
        except InvalidQuantity:
            raise InvalidConfig(f"the memory {self.memory!r} is not a size such as 8Gi or 500Mi.") from None
        return self


def load_config(home: Home) -> Config:
    """Return the settings in config.yaml; the defaults without the file.

    Raises:
        InvalidConfig: the file is not YAML, or has a setting that is unknown or of the wrong type.
    """
    if not home.config.exists():
        return Config()
    try:
        content = yaml.safe_load(home.config.read_text(encoding="utf-8")) or {}
        content = {key: value for key, value in content.items() if key not in _RETIRED}
        default = asdict(Config())
        unknown = sorted(set(content) - set(default))
        if unknown:
            raise InvalidConfig(f"{home.config} has the unknown setting {unknown[0]!r}.")
        typed = {key: type(default[key])(value) for key, value in content.items()}
        typed["claims"] = {str(k): str(v) for k, v in typed.get("claims", default["claims"]).items()}
        return Config(**typed).validated()
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as problem:
        raise InvalidConfig(f"{home.config} cannot be read: {problem}.") from problem


def save_config(home: Home, config: Config) -> None:
    """Replace config.yaml."""
    write_private(home.config, yaml.safe_dump(asdict(config), sort_keys=False, allow_unicode=True))


def load_secrets(home: Home) -> dict[str, dict[str, str]]:
    """Return the secrets that tasks may refer to: name to key to value.

    Raises:
        InvalidConfig: secrets.yaml is not a mapping of mappings, or others may read it.
    """
    found: dict[str, dict[str, str]] = {}
    if not home.secrets.exists():
        return found
    if home.secrets.stat().st_mode & 0o077:
        raise InvalidConfig(f"{home.secrets} can be read by others.", f"Type: chmod 600 {home.secrets}")
    try:
        content: dict[str, Any] = yaml.safe_load(home.secrets.read_text(encoding="utf-8")) or {}
        for name, keys in content.items():
            found[str(name)] = {str(key): str(value) for key, value in keys.items()}
    except (OSError, AttributeError, yaml.YAMLError):
        # the parser's own message would quote the file, secrets included
        raise InvalidConfig(f"{home.secrets} is not a mapping of secret names to keys and values.") from None
    return found


@dataclass(frozen=True)
class Machine:
    """What tasks can use.

    Attributes:
        cpus: cores.
        memory: bytes.
    """

    cpus: float
    memory: int


def machine(config: Config) -> Machine:
    """Return the cores and the memory of this machine, or those in the settings."""
    cores = config.cpus or float(len(os.sched_getaffinity(0)))
    return Machine(cores, parse_bytes(config.memory or "0") or _memory())


def _memory() -> int:
    """Return the bytes of memory that this process's control group may use, at most the machine's."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:  # inside a container the limit is here (control groups v2)
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    except (OSError, ValueError):
        return total
