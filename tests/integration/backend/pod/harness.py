"""Running one task in a test."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from elyra_neurodesk.backend.package.inputs import resolve_inputs
from elyra_neurodesk.backend.package.model import PackageTask
from elyra_neurodesk.backend.package.read import load_package
from elyra_neurodesk.backend.pod.model import Attempt, Result, RunnerConfig
from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.process_handle import ProcessHandle


def only_task(*command, env=None, platform=None, outputs=None, memory_limit="") -> PackageTask:
    """Return the task of a package that has one, read as the backend reads it."""
    variables = [{"name": name, "value": value} for name, value in (env or {}).items()]
    container = {"image": "image", "command": list(command), "env": variables}
    container["resources"] = {"resourceMemoryLimit": memory_limit}
    pipeline = {
        "pipelineInfo": {"name": "pipe"},
        "components": {
            "comp": {"executorLabel": "e", "outputDefinitions": {"parameters": outputs or {}}},
        },
        "deploymentSpec": {"executors": {"e": {"container": container}}},
        "root": {"dag": {"tasks": {"task": {"componentRef": {"name": "comp"}}}}},
    }
    kubernetes = {"deploymentSpec": {"executors": {"e": platform or {}}}}
    documents = [pipeline, {"platforms": {"kubernetes": kubernetes}}]
    return load_package(yaml.safe_dump_all(documents)).tasks["task"]


def wait(runner, directory, handle, seconds=20.0) -> Result:
    until = time.monotonic() + seconds
    while (result := runner.poll(directory, handle)) is None:
        assert time.monotonic() < until, "the pod does not end"
        time.sleep(0.005)
    return result


def wait_for(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "this does not happen"
        time.sleep(0.005)


@dataclass
class Bench:
    """Makes attempts below one directory."""

    root: Path
    config: RunnerConfig = field(default_factory=lambda: RunnerConfig(grace_seconds=1.0))
    count: int = 0

    def attempt(self, *command, platform=None, env=None, inputs=None, node=None, run_id="run-1") -> Attempt:
        self.count += 1
        node = node or only_task(*command, env=env, platform=platform)
        inputs = inputs or resolve_inputs(node, {}, {})
        directory = self.root / f"attempt-{self.count}"
        return Attempt(run_id, "my run", "pipe", node, 1, inputs, directory)

    def start(self, *command, **how) -> tuple[ProcessRunner, Attempt, ProcessHandle]:
        runner, attempt = ProcessRunner(self.config), self.attempt(*command, **how)
        return runner, attempt, runner.start(attempt)

    def run(self, *command, **how) -> tuple[Result, Path]:
        runner, attempt, handle = self.start(*command, **how)
        return wait(runner, attempt.directory, handle), attempt.directory
