"""The pages."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from elyra_neurodesk.backend.api.context import backend_of, spec_of
from elyra_neurodesk.backend.backend import Backend
from elyra_neurodesk.backend.db.catalog import NotFound
from elyra_neurodesk.backend.db.rows import RunRow, TaskRow, seconds_between
from elyra_neurodesk.backend.db.states import FINAL
from elyra_neurodesk.backend.pages.dag import BOX_HEIGHT, BOX_WIDTH, lay_out
from elyra_neurodesk.backend.pages.files import TAIL_LINES, ListedFile, resolve_inside, stored_files, tail
from elyra_neurodesk.backend.provenance import RunFiles, document_in, files_of, provenance_of
from elyra_neurodesk.backend.signed_path import PREFIX, opens, signature
from elyra_neurodesk.backend.tasklogs import log_files
from elyra_neurodesk.formatting import format_bytes, format_duration, format_succeeded, format_time
from elyra_neurodesk.runs.locations import spec_tasks

_RUNS_SHOWN = 200
_PAGES = frozenset({".html", ".htm", ".xhtml", ".svg"})
# Elyra's link is <public_api_endpoint>/#/runs/details/<run id>; a server never sees what follows the "#"
_REDIRECT = (
    "var m=/^#\\/runs\\/details\\/([0-9a-fA-F-]+)/.exec(location.hash);"
    "if(m)location.replace(document.currentScript.dataset.root+'runs/'+m[1]);"
)
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_REDIRECT.encode()).digest()).decode()
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    f" frame-ancestors 'self'; script-src 'sha256-{_SCRIPT_HASH}'"
)
# outputs may run scripts (plots do), but in an opaque origin: without access to the API or to other files
_OUTPUT_POLICY = "sandbox allow-scripts"
_NO_SNIFFING = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_TEXT = frozenset({".log", ".txt", ".py", ".r", ".ipynb", ".json", ".tsv", ".csv", ".bval", ".bvec", ".yaml"})


@dataclass(frozen=True)
class LogTail:
    """The last lines of a log file, and whether that is all of it."""

    name: str
    text: str
    whole: bool


def _moment(text: str | None) -> str:
    return format_time(datetime.fromisoformat(text), UTC) if text else ""


def _took(item: RunRow | TaskRow) -> str:
    running = item.state not in FINAL
    return format_duration(seconds_between(item.started_at, None if running else item.finished_at))


def _succeeded(states: Counter[str]) -> str:
    return format_succeeded(states.elements())


def _container(directory: str) -> str:
    """Return a container's name, ``<tool>_<version>_<date>``."""
    return directory.rstrip("/").rpartition("/")[2]


def _environment() -> Environment:
    made = Environment(loader=PackageLoader("elyra_neurodesk.backend.pages"), autoescape=True)
    made.filters.update(
        {
            "bytes": format_bytes,
            "moment": _moment,
            "took": _took,
            "container": _container,
            "succeeded": _succeeded,
        }
    )
    return made


_templates = _environment()


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page made from a template; every value is escaped.

    Links in templates begin with ``{{ root }}`` (see `relative_root`): the browser may see the pages below
    another path than this server's.
    """
    headers = {**_NO_SNIFFING, "Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    root = relative_root(request.scope["raw_path"].decode("latin-1"))
    return HTMLResponse(_templates.get_template(name).render(root=root, **values), status, headers)


def relative_root(path: str) -> str:
    """Return the relative URL from a page to the list of runs.

    Args:
        path: the page's path as the request has it, percent-encoded.

    >>> relative_root("/pipeline/runs/1")
    '../'
    """
    if path.startswith("/pipeline/"):
        return "../" * (path.count("/") - 2) or "./"
    return "../" * (path.count("/") - 1) + "pipeline/"


def runs_page(request: Request) -> Response:
    """List the latest runs."""
    backend = backend_of(request)
    runs = backend.runs.newest(_RUNS_SHOWN)
    return page(
        request,
        "runs.html",
        title="Runs on this machine",
        runs=runs,
        counts=backend.runs.task_counts(run.run_id for run in runs),
        refresh=any(run.state not in FINAL for run in runs),
        redirect_script=Markup(_REDIRECT),  # noqa: S704  a constant
    )


def run_page(request: Request) -> Response:
    """Show a run: its tasks as a picture and a table, and its files."""
    backend = backend_of(request)
    run = backend.runs.run(request.path_params["run"])
    tasks = backend.runs.tasks(run.run_id)
    files = _files(backend, run)
    outputs_of: dict[str, list[ListedFile]] = {task.name: [] for task in tasks}
    others: list[ListedFile] = []
    for file in stored_files(files.directory) if files else []:
        folder = files.folders.get(file.path.partition("/")[0], "") if files else ""
        outputs_of.get(folder, others).append(file)
    labels = {task.name: task.display_name for task in tasks}
    provenance = provenance_of(files) if files else None
    return page(
        request,
        "run.html",
        title=run.display_name,
        refresh=run.state not in FINAL,
        run=run,
        tasks=tasks,
        picture=lay_out(tasks),
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        outputs_of=outputs_of,
        undeclared_of={files.folders[folder]: found for folder, found in provenance.undeclared.items()}
        if files and provenance
        else {},
        other_outputs=others,
        outputs_directory=files.directory if files else None,
        provenance=provenance,
        labels={folder: labels.get(name, name) for folder, name in files.folders.items()} if files else {},
    )


def task_page(request: Request) -> Response:
    """Show the last lines of a task's logs, its sidecars' included."""
    backend = backend_of(request)
    run = backend.runs.run(request.path_params["run"])
    task = _task(backend, run, request.path_params["task"])
    directory = Path(task.directory)
    logs = [
        LogTail(name, *tail(resolve_inside(directory, name)))
        for name in (log_files(directory) if task.directory else [])
    ]
    return page(
        request,
        "task.html",
        title=task.display_name,
        refresh=task.state not in FINAL,
        run=run,
        task=task,
        logs=logs,
        tail_lines=TAIL_LINES,
    )


def whole_log(request: Request) -> Response:
    """Send a log file as plain text."""
    backend = backend_of(request)
    run = backend.runs.run(request.path_params["run"])
    task = _task(backend, run, request.path_params["task"])
    name = request.path_params["name"]
    if name not in log_files(Path(task.directory)):
        raise NotFound(f"the task {task.name!r} has no log {name!r}.")
    file = resolve_inside(Path(task.directory), name)
    return FileResponse(file, media_type="text/plain; charset=utf-8", headers=_NO_SNIFFING)


def output_file(request: Request) -> Response:
    """Send one of a run's files from the object store's directory."""
    backend = backend_of(request)
    run = backend.runs.run(request.path_params["run"])
    files = _files(backend, run)
    if files is None:
        raise NotFound(f"the run {run.run_id} keeps no files in this object store.")
    path = request.path_params["path"]
    file = resolve_inside(files.directory, path)
    task, slash, rest = path.partition("/")
    if slash and task in files.folders and file.suffix.lower() in _PAGES:
        # in its opaque origin the page's images and styles are asked for without the cookie
        signed = f"{PREFIX}/{signature(backend.token, run.run_id, task)}/{run.run_id}"
        return _redirect(request, f"{signed}/{quote(task)}/{quote(rest)}")
    return _output(file)


def signed_file(request: Request) -> Response:
    """Send one of a task's files by a signed URL (`signed_path`)."""
    backend = backend_of(request)
    values = request.path_params
    if not opens(backend.token, str(request.scope["path"])):  # it is too old; the reader has the cookie
        path = f"{quote(values['task'])}/{quote(values['path'])}"
        return _redirect(request, f"runs/{quote(values['run'])}/outputs/{path}")
    run = backend.runs.run(values["run"])
    files = _files(backend, run)
    if files is None or values["task"] not in files.folders:
        raise NotFound(f"the run {run.run_id} has no task {values['task']!r} with files.")
    return _output(resolve_inside(files.directory / values["task"], values["path"]))


def _redirect(request: Request, location: str) -> Response:
    """Lead to a page, by its path below the list of runs."""
    root = relative_root(request.scope["raw_path"].decode("latin-1"))
    return RedirectResponse(root + location, 303, {**_NO_SNIFFING, "Cache-Control": "no-store"})


def _output(file: Path) -> Response:
    media_type = "text/plain; charset=utf-8" if file.suffix.lower() in _TEXT else None
    headers = {**_NO_SNIFFING, "Content-Security-Policy": _OUTPUT_POLICY}
    return FileResponse(file, media_type=media_type, headers=headers)


def _task(backend: Backend, run: RunRow, name: str) -> TaskRow:
    for task in backend.runs.tasks(run.run_id):
        if task.name == name:
            return task
    raise NotFound(f"the run {run.run_id} has no task {name!r}.")


def _files(backend: Backend, run: RunRow) -> RunFiles | None:
    """Return where a run's files are, None for a pipeline of another tool, or one that uses another store."""
    package: Any = spec_of(backend, run.package)
    tasks = spec_tasks(package, partial(document_in, backend.home))
    return files_of(backend.home, run.run_id, tasks)


ROUTES = [
    Route("/", runs_page),
    Route("/pipeline", runs_page),
    Route("/pipeline/", runs_page),
    Route("/pipeline/runs/{run}", run_page),
    Route("/pipeline/runs/{run}/tasks/{task}", task_page),
    Route("/pipeline/runs/{run}/tasks/{task}/logs/{name:path}", whole_log),
    Route("/pipeline/runs/{run}/outputs/{path:path}", output_file),
    Route(f"/pipeline/{PREFIX}/{{signature}}/{{run}}/{{task}}/{{path:path}}", signed_file),
]
