"""Connects the guard to nbclient: the kernel loads its part, and each cell is judged when it ends."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper import allowed_errors
from elyra_neurodesk.bootstrapper.guard.host.findings import ReportedFinding
from elyra_neurodesk.bootstrapper.guard.host.session import Guard
from elyra_neurodesk.bootstrapper.guard.kernel import error

LOAD_TIMEOUT = 20.0  # seconds for a kernel to load the guard; it needs some ten milliseconds


class CellHooks:
    """The hooks of one notebook's run (nbclient's ``on_cell_execute`` and ``on_cell_executed``).

    Args:
        guard: the task's guard.
        language: the notebook's language in small letters.
        number: turns papermill's index of a cell into its number in the user's notebook.
        last: number of the last cell with code.
    """

    def __init__(self, guard: Guard, language: str, number: Any, last: int = 0) -> None:
        self.guard = guard
        self.language = language
        self._number = number
        self._client: Any = None
        self._loaded = False
        self._last = last

    def options(self) -> dict[str, Any]:
        """Return the options for nbclient; none where it is too old for hooks, or the guard is off."""
        if self.guard.directory is None:
            return {}
        from nbclient import NotebookClient

        if not hasattr(NotebookClient, "on_cell_executed"):
            self.guard.internal_error("the notebook", RuntimeError("nbclient is older than 0.6"))
            return {}
        return {"on_cell_execute": self.before, "on_cell_executed": self.after}

    def connected(self, client: Any) -> None:
        """Keep the client of the kernel."""
        self._client = client

    async def before(self, cell: Any, cell_index: int) -> None:
        """Have the kernel load its part, once."""
        if self._loaded or self.guard.directory is None:
            return
        self._loaded = True
        with self.guard.reporting_errors("the start of the kernel"):
            code = load_code(self.language, self.guard.directory)
            if code and self._client is not None:
                await asyncio.wait_for(self._run(code), LOAD_TIMEOUT)

    async def after(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """Fail a cell that finished successfully although a tool or load in it failed."""
        content = execute_reply["content"]
        with self.guard.reporting_errors(f"cell {cell_index + 1}"):
            printed = "".join(item.get("text", "") for item in cell.outputs if item.output_type == "stream")
            failed = content["status"] != "ok"
            # the error value of bash_kernel is the exit status
            value = str(content.get("evalue", "")) if failed and self.language == "bash" else ""
            status = int(value) if value.isdigit() else 0
            number = self._number(cell_index)
            asked_exit = any(item.get("source") == "ask_exit" for item in content.get("payload", ()))
            unraised = self.guard.after_cell(
                number,
                cell.source,
                self.language,
                printed,
                failed,
                status,
                allowed_errors.may_fail(cell),
                asked_exit and number < self._last,
            )
            if unraised and self.guard.strict and (status or not failed):
                content.update(as_reply(unraised[0]))
                kept = [item for item in cell.outputs if not status or item.output_type != "error"]
                cell.outputs = [*kept, _output(unraised[0])]

    async def _run(self, code: str) -> None:
        sent = self._client.execute(code, silent=True, store_history=False, allow_stdin=False)
        sent = await sent if inspect.isawaitable(sent) else sent
        while True:
            answer = self._client.get_shell_msg(timeout=LOAD_TIMEOUT)
            answer = await answer if inspect.isawaitable(answer) else answer
            if answer["parent_header"].get("msg_id") == sent:
                break
        if answer["content"].get("status") != "ok":
            raise RuntimeError(answer["content"].get("evalue") or "the kernel did not load the guard")


def load_code(language: str, directory: Path) -> str:
    """Return the code that loads the guard in a kernel; "" where environment variables do."""
    if language == "python":
        return f"__import__('runpy').run_path({str(directory / 'start.py')!r})['start']()"
    if language == "bash":
        # the variables, not their values: nothing to quote
        path = 'export PYTHONPATH="$NEURODESK_GUARD_PYTHON${PYTHONPATH:+:$PYTHONPATH}"'
        return f'source "$BASH_ENV"; {path}'
    return ""


def as_reply(finding: ReportedFinding) -> dict[str, Any]:
    """Return the kernel's reply as if the finding had been raised as an exception."""
    return {
        "status": "error",
        "ename": "NeurodeskGuardError",
        "evalue": f"{finding.code}: {finding.message}",
        "traceback": error.render(vars(finding)),
    }


def _output(finding: ReportedFinding) -> Any:
    from nbformat import v4

    reply = as_reply(finding)
    make: Any = v4.new_output
    return make("error", ename=reply["ename"], evalue=reply["evalue"], traceback=reply["traceback"])
