"""Uploads what a task made and what is known of it, after success and failure alike."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import os
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from elyra_neurodesk.bootstrapper import language, notebook, outputs, packages, record, undeclared
from elyra_neurodesk.bootstrapper.disk import naming_full_disk
from elyra_neurodesk.bootstrapper.internal_error import to_neurodesk_error
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.outputs import OutputMissing, OutputRefused
from elyra_neurodesk.bootstrapper.record import Progress
from elyra_neurodesk.bootstrapper.spec import TASK_RECORD
from elyra_neurodesk.bootstrapper.workdir import FALLBACK, WorkDir
from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.record import codec
from elyra_neurodesk.record.model import StoredFile, WhyNotKept
from elyra_neurodesk.record.undeclared import DIRECTORY, kept_sentence, not_kept_sentence
from elyra_neurodesk.storage.errors import STORING
from elyra_neurodesk.storage.interface import OCTET_STREAM, PARALLEL, ObjectStorage

TYPES = {
    ".ipynb": "application/x-ipynb+json",
    ".log": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}
KEPT_MESSAGE = "The files are kept in"
MAX_FAILURES = 3
"""How many undeclared files may fail before no further one is tried: the store is down, or full."""


@dataclass
class Publisher:
    """Uploads the task's files to its own directory in the object store.

    Attributes:
        store: where to.
        progress: what is known of the task; gains outputs and errors.
        place: where the files are.
        log: where progress is reported.
        without_waiting: the same store as one that does not wait for room; undeclared files go there, and log
            and record once more, because they must not hold up a task that has its result.
        started: whether notebook or script was begun, so that there can be outputs.
        began: when the task began, seconds since the epoch.
    """

    store: ObjectStorage
    progress: Progress
    place: WorkDir
    log: Log
    without_waiting: ObjectStorage
    started: bool = False
    began: float = field(default_factory=time.time)
    _taken: set[str] = field(default_factory=set)
    _recorded: bool = False
    _earlier: tuple[str, ...] = ()

    @property
    def executed(self) -> Path:
        """Where the executed notebook is written."""
        return self.place.reports / PurePosixPath(self.progress.spec.file).name

    @property
    def log_path(self) -> Path:
        """Where the log is written."""
        return self.executed.with_suffix(".log")

    def publish(self) -> None:
        """Upload outputs, executed notebook and HTML, then undeclared files, the log, and last the record.

        Log and record are uploaded before undeclared files, too, where there are any: those may fill the
        store, or take longer than a pod that is stopped has.

        The first failure ends up in ``progress.error``; nothing is raised. The log that is uploaded ends with
        the error line, which is why the line is written here.
        """
        try:
            packages.ensure(packages.for_store(self.progress.spec.store), self.log)
        except NeurodeskError as error:
            self._failed(error)
            self.log.error(str(self.progress.error))
            return
        try:
            files, missing = self._files()
            # what a failed task leaves is looked at in its working directory, too
            self._upload_files(files, movable=not missing and self.progress.error is None)
            if missing and self.progress.error is None:
                raise self._missing(missing)
        except Exception as problem:
            self._failed(to_neurodesk_error(problem, self.place.files, self.log))
        self._keep_undeclared(set(self._taken))
        known = self.progress.error
        if known is not None:
            self.log.error(str(known))
        else:
            self.log.say(f"{self.progress.spec.file} done, {len(self.progress.outputs)} outputs stored")
        try:
            self._upload_log_and_record()
            self._remove_earlier()
        except Exception as problem:
            if self._recorded:  # with the task's result; what changed since concerns undeclared files only
                self.log.say(f"warning: log and record could not be updated: {_one_line(problem)}")
            elif self._failed(to_neurodesk_error(problem, self.place.reports, self.log)):
                self.log.error(str(self.progress.error))
                self._keep_record()

    def _upload_log_and_record(self) -> None:
        if not self._recorded:  # a record that is there is another attempt's
            self._read_earlier_record()
        self._keep_record()  # before what may fail: it is there also when the store is not
        if self.log_path.is_file():
            self._upload(self._key(self.log_path.name, "neurodesk"), self.log_path)
        self._upload_record()

    def _read_earlier_record(self) -> None:
        """Note which attempt this is, and what the one before stored, where that left a record."""
        try:
            earlier = json.loads(self.store.get(self._run_key(TASK_RECORD)))
            self.progress.attempt = int(earlier.get("attempt") or 1) + 1
            files = [
                file for name in ("outputs", "reports", "undeclared") for file in earlier.get(name) or ()
            ]
            self._earlier = tuple(str(file["key"]) for file in files)
        except (NeurodeskError, ValueError, TypeError, KeyError, AttributeError):
            return

    def _remove_earlier(self) -> None:
        """Remove what an earlier attempt stored and this one has not: what is listed is what the record says.

        An attempt that did not come so far as to run anything replaces nothing.
        """
        if not self.started:
            return
        progress = self.progress
        now = {file.key for file in (*progress.outputs, *progress.reports, *progress.undeclared)}
        stale = [key for key in self._earlier if key not in now and key.startswith(self._run_key(""))]
        try:
            for key in stale:
                self.store.delete(key)
        except Exception as problem:  # a store that permits no deleting
            self.log.say(f"warning: files of an earlier attempt stay in the store: {_one_line(problem)}")

    def _keep_undeclared(self, declared: set[str]) -> None:
        """Upload small files that nobody declared and say which are not kept; nothing here fails the task.

        Args:
            declared: paths of the declared files.
        """
        if not self.started:
            return
        try:
            spec = self.progress.spec
            if spec.file.lower().endswith(".ipynb"):
                declared = {*declared, spec.file}  # the executed one is stored
            files, unkept = undeclared.choose(
                self.place.files, self.progress.manifest, spec.keep_undeclared, declared
            )
            if files:
                self._upload_undeclared(files, unkept)
            self.progress.not_kept = unkept.recorded()
            if self.progress.undeclared:
                self.log.say(kept_sentence(tuple(self.progress.undeclared)))
            if self.progress.not_kept:
                self.log.say(f"warning: {not_kept_sentence(self.progress.not_kept)}")
        except Exception as problem:
            self.log.say(f"warning: undeclared files were not looked for: {_one_line(problem)}")

    def _upload_undeclared(self, files: list[undeclared.WrittenFile], unkept: undeclared.Unkept) -> None:
        taken = {stored.key for stored in (*self.progress.outputs, *self.progress.reports)}
        failures: list[str] = []

        def upload(file: undeclared.WrittenFile) -> StoredFile | WhyNotKept:
            key = self._run_key(f"{DIRECTORY}/{file.path}")
            if key in taken or len(key.encode()) > undeclared.MAX_KEY:
                return "name"
            if len(failures) >= MAX_FAILURES:
                return "store"
            try:
                return self._uploaded(file.path, key, self.place.files / file.path)
            except (FileNotFoundError, PermissionError):  # of a process that still runs, or another user
                return "unreadable"
            except Exception as problem:
                failures.append(_one_line(problem))
                return "store"

        try:
            self._upload_log_and_record()
            self._recorded = True
            self.store = self.without_waiting
        except Exception as problem:
            failures += [_one_line(problem)] * MAX_FAILURES
        with ThreadPoolExecutor(PARALLEL) as pool:
            for file, result in zip(files, pool.map(upload, files), strict=True):
                if isinstance(result, StoredFile):
                    self.progress.undeclared.append(result)
                else:
                    unkept.add(file, result)
        unkept.problem = failures[0] if failures else ""

    def _upload_files(self, files: list[str], movable: bool) -> None:
        """Upload outputs, several at a time, while this thread makes the HTML."""
        if self.started:
            spec, failed = self.progress.spec, self.progress.error is not None
            self.progress.language = language.find(spec.file, self.executed, failed)
        root = self.place.files.resolve()
        links = {file for file in files if (root / file).resolve() != root / file}
        with ThreadPoolExecutor(PARALLEL) as pool:
            pending = {file: pool.submit(self._upload_output, file, False) for file in sorted(links)}
            wait(pending.values())  # before the files go that they lead to
            pending |= {
                file: pool.submit(self._upload_output, file, movable) for file in files if file not in links
            }
            reports = []
            if self.executed.is_file():
                reports.append(pool.submit(self._upload_report, self.executed, "executed"))
                html = self._convert()
                if html is not None:
                    reports.append(pool.submit(self._upload_report, html, "notebook"))
            reports += [
                pool.submit(self._upload, self._run_key(path.name), path) for path in self._visualisations()
            ]
        problems = [problem for future in reports if (problem := future.exception())]
        for file in files:
            future = pending[file]
            if problem := future.exception():
                problems.append(problem)
            else:
                self.progress.outputs.append(future.result())
        if problems:
            raise problems[0]

    def _files(self) -> tuple[list[str], list[str]]:
        """Return the declared files and the declarations that match none."""
        spec = self.progress.spec
        if not self.started:
            return [], []
        if self.executed.is_file() and (self.place.files / spec.file).is_file():
            # a node that declares its own notebook means the executed one
            with naming_full_disk(self.place.files):
                (self.place.files / spec.file).write_bytes(self.executed.read_bytes())
        files, missing = outputs.find(spec.outputs, self.place.files)
        self._taken = set(files)
        return files, missing

    def _visualisations(self) -> list[Path]:
        if not self.started:
            return []
        writable = Path(os.environ.get("ELYRA_WRITABLE_CONTAINER_DIR") or FALLBACK)
        found = outputs.visualisations((self.place.files, writable), self.began)
        return [path for path in found if path.name not in self._taken]

    def _upload_output(self, file: str, move: bool) -> StoredFile:
        path = self.place.files / file
        key = self._run_key(file)
        try:
            return self._uploaded(file, key, path, move)
        except OSError as problem:
            raise OutputRefused(f"the output {file!r} cannot be read: {problem.strerror}.", "") from problem

    def _upload_report(self, path: Path, other: str) -> None:
        key = self._key(path.name, other)
        self.progress.reports.append(self._uploaded(PurePosixPath(key).name, key, path))

    def _uploaded(self, name: str, key: str, path: Path, move: bool = False) -> StoredFile:
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or OCTET_STREAM
        stored = self.store.put_file(key, path, kind, move)
        return StoredFile(name, key, stored.size, stored.sha256)

    def _upload(self, key: str, path: Path) -> None:
        self._uploaded(path.name, key, path)

    def _record(self) -> bytes:
        return codec.to_bytes(record.build(self.progress, record.now()))

    def _keep_record(self) -> None:
        """Write the record beside the log; a full disk must not cost the one in the store."""
        with contextlib.suppress(OSError):
            (self.place.reports / TASK_RECORD).write_bytes(self._record())

    def _upload_record(self) -> None:
        self.store.put(self._run_key(TASK_RECORD), self._record(), codec.CONTENT_TYPE)

    def _convert(self) -> Path | None:
        """Make the HTML; a notebook without it is still a result."""
        target = self.executed.with_suffix(".html")
        try:
            packages.ensure(["nbconvert"], self.log)
            notebook.to_html(self.executed, target)
        except Exception as problem:
            self.log.say(
                f"warning: no HTML of {self.executed.name}: {type(problem).__name__}: {_one_line(problem)}"
            )
            return None
        return target

    def _key(self, name: str, other: str) -> str:
        """Return the key for a report; the user's own output of that name goes first."""
        if name in self._taken and name != self.progress.spec.file:
            path = PurePosixPath(name)
            name = f"{path.stem}.{other}{path.suffix}"
        return self._run_key(name)

    def _run_key(self, name: str) -> str:
        return self.progress.spec.run_key(self.progress.run_id, self.progress.spec.task, name)

    def _missing(self, patterns: list[str]) -> OutputMissing:
        names = ", ".join(repr(pattern) for pattern in patterns)
        there = sorted(os.listdir(self.place.files))[:10]  # noqa: PTH208 - names are wanted
        what = "outputs match" if len(patterns) > 1 else "output matches"
        return OutputMissing(
            f"{self.progress.spec.file} finished successfully, but the declared {what} no file: {names}; "
            f"its working directory holds {', '.join(there) or 'nothing'}."
        )

    def _failed(self, error: NeurodeskError) -> bool:
        """Note an error; where files could not be stored, its hint names where they are kept.

        Returns:
            Whether it adds anything to the log.
        """
        if error.exit_status == STORING and KEPT_MESSAGE not in error.hint:
            status = error.exit_status
            hint = f"{error.hint} {KEPT_MESSAGE} {self.place.files} and {self.place.reports.name} beside it."
            error = type(error)(error.message, hint)
            error.exit_status = status
        if str(error) == str(self.progress.error):
            return False
        if self.progress.error is not None:
            self.log.say(f"also: {error}")
        self.progress.fail(error)
        return True


def _one_line(problem: Exception) -> str:
    return one_line(str(problem) or type(problem).__name__)[:300]
