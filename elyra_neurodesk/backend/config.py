"""The embedded backend's settings: config.yaml and secrets.yaml in its home."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.private_file import read_regular_text, write_private
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.paths import CVMFS_ROOT
from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes

CVMFS_CLAIM = "cvmfs-neurodesk"
_RETIRED = ("store_port",)  # settings of earlier versions, which their files still have
_MOST: dict[str, float] = {
    "parallelism": 10_000,
    "cpus": 10_000,
    "port": 65_535,
    "grace_seconds": 3_600,
}


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

    def validated(self, where: str = "the settings") -> Config:
        """Return this when every value can be used.

        Args:
            where: what the values come from, for the message.

        Raises:
            InvalidConfig: naming where it is, the setting, its value and the limit.
        """
        for key, value in asdict(self).items():
            most = _MOST.get(key)
            # a comparison with NaN is false
            if most is not None and not 0 <= value <= most:
                raise InvalidConfig(f"{where}: {key} is {value}; it must be a number from 0 to {most}.")
        try:
            parse_bytes(self.memory or "0")
        except InvalidQuantity:
            raise InvalidConfig(
                f"{where}: memory is {self.memory!r}; it must be a size such as 8Gi or 500Mi."
            ) from None
        return self


def load_config(home: Home) -> Config:
    """Return the settings in config.yaml; the defaults without the file.

    Raises:
        InvalidConfig: the file is not YAML, or has a setting that is unknown or cannot be used.
    """
    where = str(home.config)
    try:
        content = yaml.safe_load(read_regular_text(home.config))
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as problem:
        raise InvalidConfig(f"{where} cannot be read: {problem}.") from problem
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise InvalidConfig(f"{where} is a {type(content).__name__}; it must be a mapping of settings.")
    content = {key: value for key, value in content.items() if key not in _RETIRED}
    default = asdict(Config())
    unknown = sorted(str(key) for key in content if key not in default)
    if unknown:
        raise InvalidConfig(
            f"{where}: the setting {unknown[0]!r} is unknown; there are {', '.join(default)}."
        )
    typed = {key: _typed(where, key, value, default[key]) for key, value in content.items()}
    return Config(**typed).validated(where)


def _typed(where: str, key: str, value: Any, default: Any) -> Any:
    """Return a setting in the type of its default, or raise InvalidConfig: YAML has any type anywhere."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    accepted = {
        bool: (isinstance(value, bool), "true or false"),
        int: (number and isinstance(value, int), "a whole number"),
        float: (number, "a number"),
        str: (isinstance(value, str) or number, "a text"),
        dict: (isinstance(value, dict), "a mapping of names of PVCs to directories"),
    }
    fits, what = accepted[type(default)]
    if not fits:
        raise InvalidConfig(f"{where}: {key} is {value!r}; it must be {what}.")
    if not isinstance(value, dict):
        return type(default)(value)
    for name, directory in value.items():
        if not isinstance(directory, str) or not directory:
            raise InvalidConfig(f"{where}: {key} has {directory!r} for {name!r}; it must be a directory.")
    return {str(name): directory for name, directory in value.items()}


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
        content: dict[str, Any] = yaml.safe_load(read_regular_text(home.secrets)) or {}
        for name, keys in content.items():
            found[str(name)] = {str(key): str(value) for key, value in keys.items()}
    except (OSError, AttributeError, ValueError, RecursionError, yaml.YAMLError):
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
