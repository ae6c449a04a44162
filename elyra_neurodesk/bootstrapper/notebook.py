"""Runs a notebook through papermill in this process, and makes its HTML afterwards."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper import allowed_errors, packages
from elyra_neurodesk.bootstrapper.disk import FULL, disk_full
from elyra_neurodesk.bootstrapper.guard.host.cells import CellHooks
from elyra_neurodesk.bootstrapper.guard.host.errors import guard_error
from elyra_neurodesk.bootstrapper.guard.host.session import Guard
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.record.model import Value

ENGINE = "elyra-neurodesk"
SAVE_EVERY = 15.0  # seconds; papermill's own way is twice per cell
KERNEL_TIMEOUT = 120  # seconds for a kernel to start
IOPUB_TIMEOUT = 60  # seconds for a cell's last output to arrive
MAX_MESSAGE = 500

_managers: list[Any] = []


class NotebookFailed(NeurodeskError):
    """A cell raised, or the kernel died."""

    code = "ND-RUN-001"
    hint = "The executed notebook, uploaded beside the log, shows the cell and its traceback."
    exit_status = 1


class NotebookUnreadable(NeurodeskError):
    """The file is not a notebook."""

    code = "ND-RUN-004"
    hint = "Open the notebook in JupyterLab, save it and submit again."
    exit_status = 1


class KernelUnavailable(NeurodeskError):
    """The notebook's kernel is not in the image, or does not start."""

    code = "ND-KERNEL-001"
    exit_status = 16


@dataclass(frozen=True)
class NotebookFacts:
    """What is read from a notebook before it runs.

    Attributes:
        kernel: the kernel's name, "" when the notebook names none.
        language: the language in small letters, "python" when the notebook names none.
        parameters_cell: index of the cell tagged ``parameters``, None without one.
        injected_cell: index of a cell that an earlier papermill run injected, None without one.
    """

    kernel: str
    language: str
    parameters_cell: int | None
    injected_cell: int | None


def read_facts(path: Path) -> NotebookFacts:
    """Read a notebook file without nbformat, which takes a second to import.

    Raises:
        NotebookUnreadable: it is not JSON, or has no cells.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        metadata = content.get("metadata", {})
        spec = metadata.get("kernelspec", {})
        language = spec.get("language") or metadata.get("language_info", {}).get("name") or "python"
        cells = content["cells"] if "cells" in content else content["worksheets"][0]["cells"]
        tags = [cell.get("metadata", {}).get("tags", ()) for cell in cells]
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as problem:
        raise NotebookUnreadable(
            f"{path.name} is not a notebook: {type(problem).__name__} {problem}."
        ) from problem
    return NotebookFacts(
        kernel=str(spec.get("name", "")),
        language=str(language).lower(),
        parameters_cell=_first(tags, "parameters"),
        injected_cell=_first(tags, "injected-parameters"),
    )


def choose_kernel(facts: NotebookFacts, log: Log) -> str:
    """Return the name of the kernel to use, installing ipykernel only where Python has none.

    Raises:
        KernelUnavailable: no kernel of that name, and the notebook is not a Python one.
        PackageUnavailable: ipykernel is needed and cannot be installed.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    # the native kernel is listed only if ipykernel can be imported; look at the files alone first
    on_disk = KernelSpecManager(ensure_native_kernel=False).find_kernel_specs()
    if facts.kernel in on_disk and facts.kernel != "python3":
        return facts.kernel
    if facts.language != "python":
        raise KernelUnavailable(
            f"the notebook asks for the kernel {facts.kernel!r} ({facts.language}), which this image "
            f"does not have; it has {', '.join(sorted(on_disk)) or 'none'}.",
            "Choose a runtime image with this kernel.",
        )
    if facts.kernel not in ("", "python3"):
        log.say(f"the kernel {facts.kernel!r} is not in this image: python3 is used")
    if "python3" not in on_disk or _runs_this_python(Path(on_disk["python3"])):
        packages.ensure(["ipykernel"], log)
    return "python3"


def execute(
    file: str,
    facts: NotebookFacts,
    kernel: str,
    executed: Path,
    values: Mapping[str, Value],
    log: Log,
    guard: Guard,
) -> None:
    """Run the notebook ``file`` of the current directory; ``executed`` is there whatever happens.

    Parameters are injected only where a cell is tagged ``parameters``: papermill would otherwise put a
    cell on top of a notebook that expects none.

    Raises:
        NotebookFailed: a cell raised or the kernel died.
        GuardError: a cell did not do what it should have.
        KernelUnavailable: the kernel did not start.
        DiskFull: the executed notebook could not be saved.
    """
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)  # it warns of every parameter without a default
    _register_engine(log)
    inject = dict(values) if facts.parameters_cell is not None else {}

    def run_once() -> None:
        hooks = CellHooks(guard, facts.language, lambda index: _cell_number(index, facts, bool(inject)))
        papermill.execute_notebook(
            # papermill formats paths with str.format
            _literal(file),
            _literal(str(executed)),
            parameters=inject,
            engine_name=ENGINE,
            kernel_name=kernel,
            language=facts.language,
            progress_bar=False,
            stdout_file=log,
            stderr_file=log,
            start_timeout=KERNEL_TIMEOUT,
            iopub_timeout=IOPUB_TIMEOUT,
            kernel_manager_class=_manager_class(hooks),
            **hooks.options(),
        )

    try:
        with allowed_errors.allow_tagged_errors():
            try:
                run_once()
            except RuntimeError as problem:
                if not _never_answered(problem):
                    raise
                # the ports that jupyter_client found free can be taken before the kernel binds them
                words = one_line(str(problem))[:MAX_MESSAGE]
                log.say(f"the kernel did not start, trying once more: {words}")
                run_once()
    except PapermillExecutionError as problem:
        cell = _cell_number(problem.cell_index, facts, bool(inject))
        if found := guard.cause_of(problem.ename, problem.evalue, cell):
            raise guard_error(found, file) from None
        words = one_line(f"{problem.ename}: {problem.evalue}")[:MAX_MESSAGE].rstrip(".: ")
        raise NotebookFailed(f"{file}, cell {cell} (In [{problem.exec_count or ' '}]): {words}.") from None
    except NoSuchKernel as problem:
        raise KernelUnavailable(f"{file}: the kernel {problem.name!r} cannot be started.") from None
    except OSError as problem:
        if problem.errno in FULL:
            raise disk_full(executed.parent) from problem
        raise
    except RuntimeError as problem:
        raise _kernel_error(file, problem) from problem
    unraised = guard.at_end("", facts.language)
    if unraised and guard.strict:
        raise guard_error(unraised[0], file)


def to_html(executed: Path, target: Path) -> None:
    """Convert the executed notebook; errors are nbconvert's own."""
    from nbconvert.exporters.html import HTMLExporter

    exporter: Any = HTMLExporter
    html, _ = exporter().from_filename(str(executed))
    target.write_text(html, encoding="utf-8")


def _register_engine(log: Log) -> None:
    """Register papermill's own engine, made to save at intervals instead of twice per cell."""
    from papermill.engines import NBClientEngine, papermill_engines

    class Engine(NBClientEngine):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            save, start, saved = nb_man.save, nb_man.cell_start, time.monotonic()

            def save_sometimes(**nothing: Any) -> None:
                nonlocal saved
                if time.monotonic() - saved >= SAVE_EVERY:
                    save()
                    saved = time.monotonic()

            def cell_start(cell: Any, cell_index: int | None = None, **more: Any) -> None:
                if cell.get("cell_type") == "code" and cell_index is not None:
                    log.say(f"cell {cell_index + 1} of {len(nb_man.nb.cells)}")
                start(cell, cell_index, **more)

            nb_man.save, nb_man.cell_start = save_sometimes, cell_start
            try:
                return super().execute_managed_notebook(nb_man, kernel_name, **options)
            finally:
                del nb_man.save, nb_man.cell_start  # papermill's own again: the last save is a real one

    papermill_engines.register(ENGINE, Engine)


def _manager_class(hooks: CellHooks) -> type:
    """Return jupyter_client's kernel manager, telling `kill_kernels` of itself and ``hooks`` of clients."""
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            _managers.append(self)

        def client(self, **options: Any) -> Any:
            client = super().client(**options)
            hooks.connected(client)
            return client

    return Manager


def kill_kernels() -> None:
    """Kill the kernels that run, with all that they started.

    For SIGTERM: asked politely, a kernel that is busy in a cell does not go, and would outlive its task.
    """
    for manager in _managers:
        pid = getattr(getattr(manager, "provisioner", None), "pid", None)
        with contextlib.suppress(OSError):
            if pid and os.getpgid(pid) == pid:  # it leads a group of its own
                os.killpg(pid, signal.SIGKILL)


def _never_answered(problem: RuntimeError) -> bool:
    """Tell whether a kernel died before it ran anything (jupyter_client's ``wait_for_ready``)."""
    return type(problem) is RuntimeError and "before replying to kernel_info" in str(problem)


def _kernel_error(file: str, problem: RuntimeError) -> NeurodeskError:
    """Return the error of a kernel that died while it worked, or never answered."""
    if type(problem).__name__ == "DeadKernelError":
        return NotebookFailed(f"{file}: the kernel died, most likely out of memory.")
    return KernelUnavailable(f"{file}: {one_line(str(problem))[:MAX_MESSAGE]}.")


def _cell_number(index: int, facts: NotebookFacts, injected: bool) -> int:
    """Return the position (from 1) of a cell in the notebook as the user knows it."""
    adds = injected and facts.injected_cell is None and facts.parameters_cell is not None
    if adds and facts.parameters_cell is not None and index > facts.parameters_cell:
        return index
    return index + 1


def _runs_this_python(directory: Path) -> bool:
    """Tell whether a kernel directory starts the Python that runs us (which then needs ipykernel)."""
    try:
        program = json.loads((directory / "kernel.json").read_text(encoding="utf-8"))["argv"][0]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return True
    # jupyter_client starts a bare "python" or "python3" with the Python that it runs in
    return "/" not in program or Path(program) == Path(sys.executable)


def _literal(path: str) -> str:
    return path.replace("{", "{{").replace("}", "}}")


def _first(tags: list[Any], tag: str) -> int | None:
    return next((index for index, found in enumerate(tags) if tag in found), None)
