"""Running one task in a test."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from elyra_neurodesk.backend.pod import (
    Attempt,
    Executor,
    Inputs,
    ProcessRunner,
    Result,
    RunnerConfig,
    TaskNode,
)
from elyra_neurodesk.backend.pod.platforms import resolve_platform
from elyra_neurodesk.backend.process_handle import ProcessHandle


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
        node = node or TaskNode(
            "task", "task", (), Executor("e", "image", command, env=env or {}), platform or {}
        )
        inputs = inputs or Inputs(platform=resolve_platform(platform or {}, lambda source: source.value))
        directory = self.root / f"attempt-{self.count}"
        return Attempt(run_id, "my run", "pipe", node, 1, inputs, directory)

    def start(self, *command, **how) -> tuple[ProcessRunner, Attempt, ProcessHandle]:
        runner, attempt = ProcessRunner(self.config), self.attempt(*command, **how)
        return runner, attempt, runner.start(attempt)

    def run(self, *command, **how) -> tuple[Result, Path]:
        runner, attempt, handle = self.start(*command, **how)
        return wait(runner, attempt.directory, handle), attempt.directory
