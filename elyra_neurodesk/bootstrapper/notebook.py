"""Runs a notebook through papermill in this process, and makes its HTML afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper import allowed_errors, r_translator
from elyra_neurodesk.bootstrapper.disk import FULL, disk_full
from elyra_neurodesk.bootstrapper.guard.host.cells import CellHooks
from elyra_neurodesk.bootstrapper.guard.host.errors import guard_error
from elyra_neurodesk.bootstrapper.guard.host.session import Guard
from elyra_neurodesk.bootstrapper.kernels import KernelUnavailable, kernel_manager_class
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.notebook_file import NotebookFacts
from elyra_neurodesk.bootstrapper.papermill_engine import ENGINE, register_engine
from elyra_neurodesk.bootstrapper.parameters import ParameterValue
from elyra_neurodesk.bootstrapper.running_notebook import RunningNotebook
from elyra_neurodesk.errors import NeurodeskError, one_line

KERNEL_TIMEOUT = 120  # seconds for a kernel to start
IOPUB_TIMEOUT = 60  # seconds for a cell's last output to arrive
MAX_MESSAGE = 500


class NotebookFailed(NeurodeskError):
    """A cell raised, or the kernel died."""

    code = "ND-RUN-001"
    hint = "The executed notebook, uploaded beside the log, shows the cell and its traceback."
    exit_status = 1


def execute(
    file: str,
    facts: NotebookFacts,
    kernel: str,
    executed: Path,
    values: Mapping[str, ParameterValue],
    log: Log,
    guard: Guard,
    begun: Callable[[RunningNotebook], object] = lambda running: None,
) -> None:
    """Run the notebook ``file`` of the current directory; ``executed`` is there whatever happens.

    Parameters are injected only where a cell is tagged ``parameters``: papermill would otherwise put a
    cell on top of a notebook that expects none. ``begun`` gets the notebook when its execution begins.

    Raises:
        NotebookFailed: a cell raised or the kernel died.
        GuardError: a tool or module load of a cell failed unnoticed.
        KernelUnavailable: the kernel did not start.
        DiskFull: the executed notebook could not be saved.
    """
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)  # it warns of every parameter without a default
    register_engine(log, begun)
    r_translator.register()
    inject = dict(values) if facts.parameters_cell is not None else {}

    def run_once() -> None:
        hooks = CellHooks(
            guard,
            facts.language,
            lambda index: facts.cell_number(index, bool(inject)),
            facts.last_code_cell,
        )
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
            kernel_manager_class=kernel_manager_class(hooks),
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
        cell = facts.cell_number(problem.cell_index, bool(inject))
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


def _never_answered(problem: RuntimeError) -> bool:
    """Tell whether a kernel died before it ran anything (jupyter_client's ``wait_for_ready``)."""
    return type(problem) is RuntimeError and "before replying to kernel_info" in str(problem)


def _kernel_error(file: str, problem: RuntimeError) -> NeurodeskError:
    """Return the error of a kernel that died while it worked, or never answered."""
    if type(problem).__name__ == "DeadKernelError":
        return NotebookFailed(f"{file}: the kernel died, most likely out of memory.")
    return KernelUnavailable(f"{file}: {one_line(str(problem))[:MAX_MESSAGE]}.")


def _literal(path: str) -> str:
    return path.replace("{", "{{").replace("}", "}}")
