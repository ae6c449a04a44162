"""Runs one task, from its specification to its exit status."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from elyra_neurodesk.bootstrapper import (
    archive,
    cvmfs,
    environment,
    file_manifest,
    image,
    inputs,
    kernels,
    modules,
    notebook,
    notebook_file,
    outputs,
    packages,
    parameters,
    pod,
    script,
    workdir,
)
from elyra_neurodesk.bootstrapper.disk import mention_full_disk
from elyra_neurodesk.bootstrapper.guard.host.errors import guard_error
from elyra_neurodesk.bootstrapper.guard.host.session import Guard
from elyra_neurodesk.bootstrapper.internal_error import to_neurodesk_error
from elyra_neurodesk.bootstrapper.life_signs import LifeSigns
from elyra_neurodesk.bootstrapper.log import Log, write_termination_message
from elyra_neurodesk.bootstrapper.publish import Publisher
from elyra_neurodesk.bootstrapper.record import Progress
from elyra_neurodesk.bootstrapper.room import RoomWaitingStorage
from elyra_neurodesk.bootstrapper.spec import InvalidTaskSpec, TaskSpec
from elyra_neurodesk.bootstrapper.specs import SpecSource
from elyra_neurodesk.bootstrapper.termination import TaskTerminated, Terminated, Termination
from elyra_neurodesk.bootstrapper.warm import kernel as forked_kernel
from elyra_neurodesk.bootstrapper.workdir import WorkDir
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.storage.interface import ObjectStorage
from elyra_neurodesk.storage.location import directory_of
from elyra_neurodesk.storage.task import impatient_storage

KINDS = (".ipynb", ".py", ".r")
STRICT = ("error", "warn", "off")


def run(run_id: str, source: SpecSource, assignments: Sequence[str], log: Log) -> int:
    """Run the task and return its exit status; an error becomes one line of the log, none is raised.

    Args:
        run_id: the KFP run's id.
        source: where the task's specification is.
        assignments: pipeline parameters as ``NAME=VALUE``.
        log: where the task's output and our own lines go.
    """
    termination = Termination(stop=kernels.kill_kernels)
    termination.install()
    try:
        spec, store = source.open(dict(os.environ))
        check(spec, run_id)
        os.environ.update(spec.env)
        patient = RoomWaitingStorage(store, directory_of(spec.store.endpoint), log)
        place = workdir.create(Path.cwd(), os.environ)
    except NeurodeskError as error:
        return _refuse(error, log)
    except Terminated:
        return _refuse(TaskTerminated("the task was stopped before it began."), log)
    progress = Progress(spec, run_id, image=image.find(os.environ))
    publisher = Publisher(patient, progress, place, log, store)
    log.attach(publisher.log_path)
    signs = _life_signs(progress, publisher, log)
    termination.then(signs.hurry)
    signs.start()
    try:
        log.say(f"task {spec.task} of run {run_id}: {spec.file} in {place.files}")
        _read_arguments(progress, assignments)
        _prepare_environment(progress, place, log)
        _install_packages(spec, log)
        _fetch_files(progress, store, place, log)
        _execute(progress, publisher, log)
    except Terminated:
        pass  # handled below: a library may have turned it into an error of its own
    except Exception as problem:
        progress.fail(mention_full_disk(to_neurodesk_error(problem, place.files, log), place.files))
    termination.ignore_signals()
    if termination.received:
        progress.error = TaskTerminated(f"{spec.file} was stopped.")
    signs.leave_files()
    publisher.publish()
    if progress.error is not None:
        write_termination_message(str(progress.error))
    signs.end()
    log.close()
    return progress.exit_status


def _life_signs(progress: Progress, publisher: Publisher, log: Log) -> LifeSigns:
    location, environment = progress.spec.store, dict(os.environ)
    return LifeSigns(
        lambda: impatient_storage(location, environment),
        directory_of(location.endpoint) is not None,
        progress,
        log,
        publisher.executed.name,
        environment,
    )


def check(spec: TaskSpec, run_id: str) -> None:
    """Refuse a specification that could not be run or would lead out of its directories.

    Raises:
        InvalidTaskSpec: a field is out of its range.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", spec.archive):
        raise InvalidTaskSpec(f"the archive {spec.archive!r} is not a SHA-256.")
    if archive.escapes(spec.file) or PurePosixPath(spec.file).suffix.lower() not in KINDS:
        raise InvalidTaskSpec(f"the file {spec.file!r} is none of {', '.join('*' + kind for kind in KINDS)}.")
    for what, name in (("run id", run_id), ("task", spec.task), *(("parent", item) for item in spec.parents)):
        if archive.escapes(name) or "/" in name or name == ".":
            raise InvalidTaskSpec(f"the {what} {name!r} is not a name.")
    if min(spec.keep_undeclared) < 0:
        raise InvalidTaskSpec(f"the limits for undeclared files are {list(spec.keep_undeclared)}.")
    if spec.strict not in STRICT:
        raise InvalidTaskSpec(f"strict modules is {spec.strict!r}, not one of {', '.join(STRICT)}.")


def _refuse(error: NeurodeskError, log: Log) -> int:
    """End a task that cannot begin: there is neither a directory nor a store to leave anything in."""
    log.error(str(error))
    write_termination_message(str(error))
    return error.exit_status


def _read_arguments(progress: Progress, assignments: Sequence[str]) -> None:
    spec = progress.spec
    pod.check(os.environ)
    outputs.check(spec.outputs)
    progress.parameters = parameters.typed(spec.parameters, parameters.read_assignments(assignments))


def _prepare_environment(progress: Progress, place: WorkDir, log: Log) -> None:
    """Wait for CVMFS, load the modules, and make this process's environment that of the user's code."""
    spec = progress.spec
    root = cvmfs.root_of(os.environ, spec.cvmfs)
    if spec.cvmfs:
        began = time.monotonic()
        progress.repository = cvmfs.wait_for(root, spec.claim, cvmfs.timeout_of(os.environ))
        log.say(f"CVMFS is readable at {root} ({time.monotonic() - began:.1f} s)")
    mount = progress.repository
    new = environment.with_neurodesk(
        os.environ,
        run_id=progress.run_id,
        home=os.environ.get("HOME") or str(Path.home()),
        temporary=str(place.reports),
        root=mount.root if mount else "",
        categories=mount.categories if mount else (),
        bindable=environment.existing_bindable(),
    )
    progress.modules, new = modules.load(spec.modules, Path(root), spec.strict, new, log)
    new.update(parameters.as_environment(progress.parameters))
    os.environ.update(new)


def _install_packages(spec: TaskSpec, log: Log) -> None:
    notebooks = packages.for_notebooks() if _is_notebook(spec) else ()
    packages.ensure([*packages.for_store(spec.store), *notebooks], log)


def _fetch_files(progress: Progress, store: ObjectStorage, place: WorkDir, log: Log) -> None:
    spec, began = progress.spec, time.monotonic()
    key = spec.store.archive_key(spec.archive)
    fetched = archive.fetch(store, key, spec.archive, place.reports, place.files)
    progress.inputs = inputs.fetch(store, spec, progress.run_id, place.files, log)
    log.say(
        f"fetched {fetched.size} bytes of files and {len(progress.inputs)} inputs from "
        f"{len(spec.parents)} parents ({time.monotonic() - began:.1f} s)"
    )
    if not (place.files / spec.file).is_file():
        raise InvalidTaskSpec(f"the archive holds no file {spec.file!r}.")
    of_other_tasks = {item.path: item.sha256 for item in progress.inputs}
    progress.manifest = file_manifest.snapshot(place.files, spec.file, of_other_tasks)


def _execute(progress: Progress, publisher: Publisher, log: Log) -> None:
    """Run the notebook or script under guard."""
    spec, place = progress.spec, publisher.place
    os.chdir(place.files)
    guard = Guard(spec.strict, progress.findings, log)
    progress.loaded = guard.loaded  # grows as the notebook goes on
    guard.start(place.reports, os.environ, script=not _is_notebook(spec))
    began = time.monotonic()
    if _is_notebook(spec):
        facts = notebook_file.read_facts(place.files / spec.file)
        kernel = kernels.choose_kernel(facts, log)
        log.say(f"running {spec.file} with papermill, kernel {kernel}")
        publisher.started = True
        try:
            notebook.execute(
                spec.file, facts, kernel, publisher.executed, progress.parameters, log, guard, progress.begun
            )
        finally:
            guard.at_end("", facts.language)  # what a kernel that died has left
    else:
        log.say(f"running {spec.file}")
        forked_kernel.discard()
        publisher.started = True
        script.run(spec.file, place.files, log, guard)
    _check_outputs(progress, place, guard)
    log.say(f"{spec.file} finished successfully ({time.monotonic() - began:.1f} s)")


def _check_outputs(progress: Progress, place: WorkDir, guard: Guard) -> None:
    """Have the guard look at the declared outputs that are there.

    Raises:
        GuardError: one of them cannot be read, and the task is strict.
    """
    files, _ = outputs.find(progress.spec.outputs, place.files)
    given = {item.path: item.sha256 for item in progress.inputs}
    found = guard.look_at_outputs(files, place.files, progress.manifest, given, progress.spec.outputs)
    if found and guard.strict:
        raise guard_error(found[0], progress.spec.file)


def _is_notebook(spec: TaskSpec) -> bool:
    return spec.file.lower().endswith(".ipynb")
