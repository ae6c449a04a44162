"""Compare two compiled pipelines task by task, whatever their components and executors are called."""

from __future__ import annotations

from typing import Any

import yaml

Resolved = dict[str, dict[str, Any]]


def resolved_tasks(package: str) -> Resolved:
    """Return task name to all that decides how the task runs."""
    spec, *more = yaml.safe_load_all(package)
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
            "platform": platform.get(label, {}),
        }
    return result


def pipeline_facts(package: str) -> dict[str, Any]:
    """Return name, description and parameters."""
    spec = next(iter(yaml.safe_load_all(package)))
    return {
        "info": spec["pipelineInfo"],
        "parameters": spec["root"].get("inputDefinitions", {}).get("parameters", {}),
        "schema": spec["schemaVersion"],
        "sdk": spec["sdkVersion"],
    }


def _by_name(executor: dict[str, Any]) -> dict[str, Any]:
    container = dict(executor["container"])
    # an empty value is left out by protobuf's JSON
    env = [{"value": "", **entry} for entry in container.get("env", [])]
    container["env"] = sorted(env, key=lambda entry: str(entry["name"]))
    return {**executor, "container": container}


def compile_dsl(source: str, folder: Any) -> str:
    """Compile exported DSL as its user would: by running the file with Python."""
    import subprocess
    import sys

    path = folder / "exported.py"
    path.write_text(source, "utf-8")
    subprocess.run([sys.executable, str(path)], check=True, cwd=folder, capture_output=True, text=True)
    return path.with_suffix(".yaml").read_text("utf-8")
