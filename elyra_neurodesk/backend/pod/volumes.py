"""How a container gets its volumes: by mounts of its own or, where the machine forbids those, by rewriting.

Without namespaces (Ubuntu's AppArmor restriction, some containers) the CVMFS repository and scratch
directories still work: their mount paths are replaced by the directories in environment variables and
arguments, which is where tasks take them from (NEURODESK_CVMFS_ROOT). Any other volume has to be where the
program expects it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ClaimUnavailable, SecretUnavailable, VolumeNotMountable
from .mounts import BindMount, missing_mounts

_LIST_SEPARATORS = re.compile(r"([:,])")


@dataclass(frozen=True)
class MountPlan:
    """Mounts to make, or else paths to rewrite (mount path → directory)."""

    mounts: tuple[BindMount, ...] = ()
    rewrites: Mapping[str, str] = field(default_factory=dict)


def check_claims(pod: Mapping[str, Any]) -> None:
    """Check that every PVC of the pod has its directory.

    Raises:
        ClaimUnavailable: the claim is unknown, or its directory is missing.
    """
    for name, volume in pod["volumes"].items():
        if volume["kind"] != "claim":
            continue
        where = f"task {pod['task']!r} mounts the PVC {name!r} at {volume['path']}"
        directory = volume["directory"]
        if directory is None:
            raise ClaimUnavailable(
                f"{where}, and no directory of this machine is given for it.", _claim_hint(name)
            )
        if not Path(directory).is_dir():
            raise ClaimUnavailable(
                f"{where}, and its directory {directory} does not exist.",
                _claim_hint(name),
            )


def _claim_hint(claim: str) -> str:
    return f"Name its directory: `elyra-neurodesk local up --claim {claim}=DIRECTORY`."


def make_volumes(pod: Mapping[str, Any], root: Path) -> dict[str, str]:
    """Make the pod's own volumes below ``root`` and return the directory of every volume.

    Raises:
        SecretUnavailable: a secret volume's secret is missing and not optional.
    """
    places: dict[str, str] = {}
    for name, volume in pod["volumes"].items():
        if volume["kind"] == "claim":
            places[name] = volume["directory"]
            continue
        place = root / name
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        places[name] = str(place)
        if volume["kind"] == "secret":
            keys = pod["secrets"].get(volume["secret"])
            if keys is None and not volume["optional"]:
                raise SecretUnavailable(
                    f"task {pod['task']!r} mounts the secret {volume['secret']!r} at {volume['path']}, "
                    "and this machine does not have it."
                )
            for key, value in (keys or {}).items():
                (place / Path(key).name).write_text(value)
    return places


def plan_mounts(
    pod: Mapping[str, Any],
    volume_mounts: Sequence[Mapping[str, str]],
    places: Mapping[str, str],
    problem_with: Callable[[Sequence[BindMount]], str],
) -> MountPlan:
    """Return how one container gets its volumes.

    Args:
        pod: the content of POD.json.
        volume_mounts: ``volume``, ``path`` and ``subPath`` of each.
        places: from `make_volumes`.
        problem_with: tries mounts and returns "" or why they fail.

    Raises:
        VolumeNotMountable: the volume can neither be mounted nor replaced by a path.
    """
    volume_of: dict[str, str] = {}
    mounts = []
    for wanted in volume_mounts:
        volume = wanted["volume"]
        if volume not in places:
            raise VolumeNotMountable(
                f"task {pod['task']!r} mounts the volume {volume!r}, which its pod does not define.",
                "BindMount a PVC or an empty directory of that name on the task.",
            )
        source = _sub_directory(places[volume], wanted.get("subPath", ""), pod["task"], volume)
        mounts.append(BindMount(source, wanted["path"]))
        volume_of[wanted["path"]] = volume
    remaining = missing_mounts(mounts)
    problem = problem_with(remaining) if remaining else ""
    if not problem:
        return MountPlan(mounts=remaining)
    for item in remaining:
        name = volume_of[item.target]
        kind = pod["volumes"][name]["kind"]
        if kind != "empty" and not item.target.startswith("/cvmfs/") and item.target != "/cvmfs":
            what = f"secret {pod['volumes'][name]['secret']!r}" if kind == "secret" else f"PVC {name!r}"
            raise VolumeNotMountable(
                f"the {what} of task {pod['task']!r} cannot be mounted at {item.target}: this machine "
                f"does not permit it ({problem})."
            )
    return MountPlan(rewrites={item.target: item.source for item in remaining})


def rewrite_word(word: str, rewrites: Mapping[str, str]) -> str:
    """Return a word that is a path at or below a rewritten one with its directory in place."""
    for target, source in rewrites.items():
        if word == target or word.startswith(f"{target}/"):
            return source + word[len(target) :]
    return word


def rewrite_variable(value: str, rewrites: Mapping[str, str]) -> str:
    """Return a variable's value, which may be a list of paths (separated by ``:`` or ``,``), rewritten."""
    if not rewrites:
        return value
    return "".join(rewrite_word(part, rewrites) for part in _LIST_SEPARATORS.split(value))


def _sub_directory(directory: str, sub_path: str, task: str, volume: str) -> str:
    if not sub_path:
        return directory
    found = (Path(directory) / sub_path).resolve()
    if not found.is_relative_to(Path(directory).resolve()):
        raise VolumeNotMountable(
            f"the sub-path {sub_path!r} of the PVC {volume!r} of task {task!r} leads out of {directory}.",
            "Remove the symbolic link.",
        )
    try:
        found.mkdir(parents=True, exist_ok=True)  # as Kubernetes does
    except OSError as problem:
        raise VolumeNotMountable(
            f"the sub-path {sub_path!r} of the PVC {volume!r} of task {task!r} cannot be made in "
            f"{directory}: {problem.strerror}.",
            "Make the directory, or mount one that exists.",
        ) from problem
    return str(found)
