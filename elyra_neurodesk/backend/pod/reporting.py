"""Pods whose volumes are missing, but whose main program can record that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elyra_neurodesk.bootstrapper.pod import PROBLEM


def can_report(pod: Mapping[str, Any]) -> bool:
    """Return whether the pod's main program is the bootstrapper."""
    return bool(pod["main"].get("args_in_file"))


def reporting(pod: Mapping[str, Any], problem: str) -> dict[str, Any]:
    """Return the pod without claims and init containers, the problem in its main program's environment.

    Args:
        pod: the content of POD.json.
        problem: one line.
    """
    volumes = {name: volume for name, volume in pod["volumes"].items() if volume["kind"] != "claim"}
    main = dict(pod["main"])
    main["mounts"] = [mount for mount in main["mounts"] if mount["volume"] in volumes]
    # doubled: Kubernetes' rule for a "$" that is meant
    main["env"] = [*main["env"], [PROBLEM, problem.replace("$", "$$")]]
    return {**pod, "volumes": volumes, "init_containers": [], "main": main}
