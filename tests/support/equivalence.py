"""Compare two compiled pipelines task by task, whatever their components and executors are called."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

from elyra_neurodesk.quantities import parse_bytes
from tests.support import yaml_text
from tests.support.forked_kfp import FORKED, quick_stack

Resolved = dict[str, dict[str, Any]]


def resolved_tasks(package: str) -> Resolved:
    """Return task name to all that decides how the task runs."""
    spec, *more = yaml_text.load_all(package)
    executors = spec["deploymentSpec"]["executors"]
    platform: dict[str, Any] = {}
    if more:
        platform = more[0]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    result = {}
    for name, task in spec["root"]["dag"]["tasks"].items():
        component = dict(spec["components"][task["componentRef"]["name"]])
        label = component.pop("executorLabel")
        result[name] = {
            "inputs": task.get("inputs", {}),
            "after": sorted(task.get("dependentTasks", [])),
            "display_name": task["taskInfo"]["name"],
            "caching": task.get("cachingOptions", {}),
            "component": component,
            "executor": _by_name(executors[label]),
            "platform": named_once(platform.get(label, {})),
        }
    return result


def pipeline_facts(package: str) -> dict[str, Any]:
    """Return name, description and parameters."""
    spec = next(iter(yaml_text.load_all(package)))
    return {
        "info": spec["pipelineInfo"],
        "parameters": spec["root"].get("inputDefinitions", {}).get("parameters", {}),
        "schema": spec["schemaVersion"],
        "sdk": spec["sdkVersion"],
    }


def named_once(platform: dict[str, Any]) -> dict[str, Any]:
    """Return a Kubernetes configuration without what the functions in ``kfp.kubernetes`` write twice.

    They name a claim or a secret in the current field and in the deprecated one, and say that a secret is not
    optional.
    """
    names = {"pvcMount": "constant", "secretAsEnv": "secretName", "imagePullSecret": "secretName"}
    result = dict(platform)
    for kind, deprecated in names.items():
        current = "pvcNameParameter" if kind == "pvcMount" else "secretNameParameter"
        if kind in platform:
            result[kind] = [dict(entry) for entry in platform[kind]]
        for entry in result.get(kind, ()):
            given = {"runtimeValue": {"constant": entry[deprecated]}}
            assert entry.pop(current, given) == given
            assert entry.pop("optional", False) is False
    return result


def _by_name(executor: dict[str, Any]) -> dict[str, Any]:
    container = dict(executor["container"])
    # an empty value is left out by protobuf's JSON
    env = [{"value": "", **entry} for entry in container.get("env", [])]
    container["env"] = sorted(env, key=lambda entry: str(entry["name"]))
    resources = container["resources"] = dict(container.get("resources", {}))
    # 4.5Gi in the package is 4608Mi in the DSL
    resources |= {key: parse_bytes(resources[key]) for key in resources if key.startswith("resourceMemory")}
    return {**executor, "container": container}


def compile_dsl(source: str, folder: Path) -> str:
    """Compile exported DSL as its user would: by running the file with Python."""
    path = folder / "exported.py"
    path.write_text(source, "utf-8")
    done = FORKED.run([sys.executable, str(path)], env=os.environ, cwd=folder)
    assert done.returncode == 0, done.stderr
    return path.with_suffix(".yaml").read_text("utf-8")


def compile_dsl_here(source: str, folder: Path) -> str:
    """Compile exported DSL in this process, which has imported KFP already."""
    path = folder / "exported.py"
    path.write_text(source, "utf-8")
    with quick_stack():
        runpy.run_path(str(path), run_name="__main__")
    return path.with_suffix(".yaml").read_text("utf-8")
