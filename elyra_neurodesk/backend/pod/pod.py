"""The supervisor of one attempt: ``python -m elyra_neurodesk.backend.pod.pod POD.json``.

It runs in a session of its own and needs no server: it writes its log files and, last and at once,
status.json into the attempt's directory. Standard library only: its start is part of every task's time.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.file_lock import try_lock
from elyra_neurodesk.backend.private_file import write_private
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.bootstrapper import ARGUMENTS
from elyra_neurodesk.bootstrapper.command import own_arguments
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.formatting import format_bytes

from .cgroup import PROCESSES, MemoryCgroup, remove_group
from .environment import MARK, container_variables
from .errors import (
    ClaimUnavailable,
    ContainerFailed,
    DeadlinePassed,
    MemoryLimitExceeded,
    PodNotMade,
    ProgramUnavailable,
    VolumeNotMountable,
)
from .expansion import expand, expand_all
from .guard import guarded
from .memory import MemoryExceeded, MemoryWatch
from .messages import error_line, shorten
from .mounts import BindMount
from .outputs import collect_outputs
from .placeholders import placeholder_values, resolve_arguments
from .reporting import can_report, reporting
from .scratch import make_scratch, remove_scratch, reserve
from .spawn import NotStarted, ProcessSettings, can_mount, spawn
from .supervisor import Canceled, DeadlineReached, Program, Supervisor, Watch, block_signals
from .syscalls import adopt_orphans
from .volumes import check_claims, make_volumes, plan_mounts, rewrite_variable, rewrite_word

POD, STATUS, CANCEL, PID, LOCK = "POD.json", "status.json", "cancel", "pod.pid", "pod.lock"
_LOCK_TRIES = 50
Forked = Callable[[Sequence[str], ProcessSettings], Callable[[], None] | None]
_TERMINATED = 143
_ARGUMENTS_FILE = "arguments.json"


@dataclass
class PodStatus:
    """The content of status.json; times in ISO 8601, UTC."""

    exit_code: int | None = None
    signal: int | None = None
    reason: str = "setup"
    message: str = ""
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: str = ""
    finished: str = ""


class Pod:
    """The containers of one pod, made ready and run.

    Args:
        description: the content of POD.json.
        forked: returns what makes a forked process a program, None for a program that has to be executed.
    """

    def __init__(self, description: Mapping[str, Any], forked: Forked = lambda words, settings: None) -> None:
        self._pod = description
        self._forked = forked
        self._directory = Path(description["directory"])
        self._stage = str(self._directory / "stage")
        self._supervisor = Supervisor(description["deadline_seconds"], description["grace_seconds"])
        self._places: dict[str, str] = {}
        self._tmp = ""
        self._cgroup: MemoryCgroup | None = None

    def run(self) -> PodStatus:
        """Run the pod to its end; every process of it is gone when this returns."""
        status = PodStatus(started=_now())
        main: Program | None = None
        try:
            if (self._directory / CANCEL).exists():
                raise Canceled
            self._prepare()
            watch = self._memory_watch()
            main = self._main()  # before anything runs, so that what is wrong with it is known at once
            for container in self._pod["init_containers"]:
                self._run_init_container(container, status)
            status.reason = "setup"
            status.exit_code = self._supervisor.run(main, watch)
            status.reason = "completed" if status.exit_code == 0 else "failed"
        except Canceled:
            status.reason, status.message = "canceled", "The task was canceled."
        except DeadlineReached:
            status.reason = "deadline"
            seconds = self._pod["deadline_seconds"]
            status.message = str(DeadlinePassed(f"the task ran for more than its limit of {seconds} s."))
        except MemoryExceeded as problem:
            status.reason, status.exit_code = "OOMKilled", MemoryLimitExceeded.exit_status
            status.message = str(self._out_of_memory(problem))
        except NeurodeskError as problem:
            status.message = str(problem)
            if isinstance(problem, ProgramUnavailable):
                status.exit_code = problem.exit_status
        except (OSError, ValueError) as problem:
            status.message = str(PodNotMade(f"task {self._pod['task']!r} could not be started: {problem}."))
        if not self._supervisor.stop():
            self._say("main", "processes of the task cannot be killed; they may still sleep in the kernel")
        if self._cgroup is not None:
            remove_group(self._cgroup.directory)
        self._conclude(status, main)
        return status

    def _prepare(self) -> None:
        try:
            check_claims(self._pod)
        except ClaimUnavailable as problem:
            if not can_report(self._pod):
                raise
            self._pod = reporting(self._pod, str(problem))
        self._tmp = make_scratch(self._directory)
        self._places = make_volumes(self._pod, self._directory / "volumes")

    def _memory_watch(self) -> Watch | None:
        """Return what enforces the memory limit, None for a task without one."""
        limit = self._pod["memory_limit"]
        if not limit:
            return None
        if self._pod.get("cgroup"):
            try:
                self._cgroup = MemoryCgroup(Path(self._pod["cgroup"]), limit)
            except OSError as problem:
                print(f"no control group, the memory is watched instead: {problem}", flush=True)
            else:
                return self._cgroup
        return MemoryWatch(limit)

    def _run_init_container(self, container: Mapping[str, Any], status: PodStatus) -> None:
        name = container["name"]
        variables = expand_all(container["env"], {})
        words = [expand(word, variables) for word in (*container["command"], *container["args"])]
        program = self._program(name, words, variables, container["mounts"])
        status.reason = "init"
        if container["sidecar"]:
            self._supervisor.add_sidecar(program)
        elif code := self._supervisor.run(program):
            line = error_line(self._log(name))
            raise ContainerFailed(
                f"the init container {name!r} ended with status {code}{f': {line}' if line else '.'}",
                f"See {name}.log.",
            )

    def _main(self) -> Program:
        main = self._pod["main"]
        variables = container_variables(self._pod, main["env"])
        values = placeholder_values(self._pod["executor_input"], self._pod["job"])
        words = resolve_arguments(
            (*main["command"], *main["args"]), values, lambda text: expand(text, variables)
        )
        if main.get("args_in_file"):
            command = main["command"]
            passed_on = words[len(command) + (own_arguments(command) or 0) :]
            file = self._directory / _ARGUMENTS_FILE
            write_private(file, json.dumps(passed_on))
            # the start script needs the zip file's address itself
            variables, words = {**variables, ARGUMENTS: str(file)}, words[: len(command) + 1]
        return self._program("main", words, variables, main["mounts"])

    def _program(
        self, name: str, words: list[str], variables: Mapping[str, str], mounts: list[Mapping[str, str]]
    ) -> Program:
        plan = plan_mounts(self._pod, mounts, self._places, self._problem_with)
        for target, source in plan.rewrites.items():
            self._say(name, f"this machine permits no mounts: {source} is used for {target}")
        env = {**self._pod["base_env"], "TMPDIR": self._tmp, **variables, MARK: str(self._directory)}
        settings = ProcessSettings(
            env={key: rewrite_variable(value, plan.rewrites) for key, value in env.items()},
            directory=str(self._directory / "work"),
            log=str(self._log(name)),
            mounts=plan.mounts,
            stage=self._stage,
            processes=str(self._cgroup.directory / PROCESSES) if self._cgroup and name == "main" else "",
        )
        words = [rewrite_word(word, plan.rewrites) for word in words]
        return Program(name, partial(self._spawn, name, words, settings))

    def _problem_with(self, mounts: Sequence[BindMount]) -> str:
        return can_mount(mounts, self._stage, self._supervisor.stopping)

    def _out_of_memory(self, problem: MemoryExceeded) -> MemoryLimitExceeded:
        limit = format_bytes(self._pod["memory_limit"])
        return MemoryLimitExceeded(
            f"the node {self._pod['display_name']!r} was killed (OOMKilled): its processes used "
            f"{format_bytes(problem.used)} of memory, and its limit is {limit}."
        )

    def _spawn(self, name: str, words: list[str], settings: ProcessSettings) -> int:
        if not words:
            raise ProgramUnavailable(
                f"container {name!r} of task {self._pod['task']!r} has no command: it relies on its image's, "
                "and the process runner uses this machine's programs, not the image.",
                "Give the component a command, or submit to a Kubeflow Pipelines cluster.",
            )
        try:
            return spawn(words, settings, self._supervisor.stopping, self._forked(words, settings))
        except NotStarted as problem:
            if problem.step == "exec" and problem.errno in (errno.ENOENT, errno.EACCES, errno.ENOEXEC):
                raise ProgramUnavailable(
                    f"{words[0]!r}, the program of container {name!r} of task {self._pod['task']!r}, cannot "
                    f"be started ({problem.strerror}): the process runner uses this machine's programs, "
                    "not the image."
                ) from problem
            if problem.step == "mount":
                raise VolumeNotMountable(
                    f"the volumes of container {name!r} of task {self._pod['task']!r} cannot be mounted: "
                    f"{problem.strerror}."
                ) from problem
            raise PodNotMade(
                f"{words[0]!r}, the program of container {name!r} of task {self._pod['task']!r}, cannot be "
                f"started: {problem.strerror}."
            ) from problem

    def _conclude(self, status: PodStatus, main: Program | None) -> None:
        """Fill in outputs, message and what the main program's end tells."""
        if status.reason == "completed":
            try:
                status.outputs = collect_outputs(
                    self._pod["executor_input"]["outputs"], self._pod["output_types"]
                )
            except NeurodeskError as problem:
                status.reason, status.message = "outputs", str(problem)
        elif status.reason in ("canceled", "deadline"):
            status.exit_code = (main.exit_code if main is not None and main.pid else 0) or _TERMINATED
        if status.exit_code is not None and status.exit_code > 128:
            status.signal = status.exit_code - 128
        if status.reason == "failed":
            status.message = error_line(self._log("main")) or f"the program ended with {status.exit_code}"
        elif status.message:
            self._say("main", status.message)
        status.message = shorten(status.message)
        status.finished = _now()

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"

    def _say(self, name: str, line: str) -> None:
        with self._log(name).open("a", encoding="utf-8") as log:
            log.write(f"elyra-neurodesk: {line}\n" if not line.startswith("ND-") else f"{line}\n")


def main(file: Path, forked: Forked = lambda words, settings: None) -> int:
    """Run the pod that ``file`` describes, unless another supervisor runs it already.

    Two processes do: the supervisor, and its guard, which this process becomes. The lock is held until both
    have ended, and so until no process of the pod is left.

    Args:
        file: POD.json.
        forked: as for `Pod`.
    """
    block_signals()
    directory = file.parent
    for _ in range(_LOCK_TRIES):
        lock = try_lock(directory / LOCK)
        if lock is not None:
            break
        time.sleep(0.01)  # a server that asks whether a supervisor lives holds it for a moment
    else:
        return 75
    if (directory / STATUS).exists():
        return 0
    guard = ProcessHandle.of(os.getpid())
    write_handles(directory, guard)
    status = guarded(partial(_supervise, file, guard, forked))
    if status != 0:
        remove_cgroup(directory)
    os.close(lock)
    return status


def _supervise(file: Path, guard: ProcessHandle, forked: Forked) -> int:
    directory = file.parent
    write_handles(directory, guard, ProcessHandle.of(os.getpid()))
    description = json.loads(file.read_text(encoding="utf-8"))
    without_secrets = {**description, "secrets": {name: {} for name in description["secrets"]}}
    write_private(file, json.dumps(without_secrets, ensure_ascii=False))
    adopt_orphans()
    release = reserve(directory)
    status = Pod(description, forked).run()
    release()
    write_private(directory / STATUS, json.dumps(vars(status), ensure_ascii=False))
    remove_scratch(directory, work=status.reason == "completed")
    return 0


def remove_cgroup(directory: Path) -> None:
    """Kill what is left in an attempt's control group and remove it; its supervisor was killed."""
    with suppress(OSError, ValueError):
        group = json.loads((directory / POD).read_text(encoding="utf-8")).get("cgroup")
        if group:
            remove_group(Path(group))


def write_handles(directory: Path, *handles: ProcessHandle) -> None:
    """Write down which processes run the pod: the guard, then the supervisor, ``<pid> <started>`` a line."""
    (directory / PID).write_text("".join(f"{handle.pid} {handle.started}\n" for handle in handles), "utf-8")


def read_handles(directory: Path) -> tuple[ProcessHandle, ...]:
    """Return the handles that `write_handles` wrote; none when they cannot be read."""
    try:
        lines = (directory / PID).read_text(encoding="utf-8").splitlines()
        return tuple(ProcessHandle(int(pid), started) for pid, started in map(str.split, lines))
    except (OSError, ValueError):
        return ()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
