"""Runs the shell escapes and script magics of a Python kernel, and judges how they ended.

``!cmd`` calls ``get_ipython().system``, ``x = !cmd``, ``!!cmd`` and ``%sx`` call ``get_ipython().getoutput``,
``%%bash`` and its kin ``ScriptMagics.shebang``. Both functions are replaced on the instance by ones that do
what IPython's do (IPython/core/interactiveshell.py, ipykernel/zmqshell.py) and keep status and output, which
IPython's drop.
"""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import notes
from .cell import Cell, report

_MAX_OUTPUT = 16384  # characters of an output's end
SHELLS = ("bash", "sh", "dash", "zsh", "ksh")
_counter = 0


def install(ipython: Any, cell: Cell) -> None:
    """Replace ``system``, ``getoutput`` and the script magics of this shell."""
    watch = _Escapes(ipython, cell)
    for name, function in (("system", watch.system), ("getoutput", watch.getoutput)):
        setattr(ipython, name, function)
    magics = ipython.magics_manager.registry.get("ScriptMagics")
    if magics is not None:
        magics.shebang = watch.script(magics.shebang)
        ipython.magics_manager.magics["cell"]["script"] = magics.shebang


class Tee:
    """A stream that passes everything on and keeps the end of it.

    Args:
        stream: where it goes.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.kept = ""

    def write(self, text: str) -> Any:
        """Write through."""
        self.kept = (self.kept + text)[-_MAX_OUTPUT:]
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Escapes:
    def __init__(self, ipython: Any, cell: Cell) -> None:
        self.ipython = ipython
        self.cell = cell

    def system(self, cmd: str) -> None:
        """Run ``cmd`` as ``!cmd`` does, then judge it."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        from IPython.utils.process import system  # type: ignore[attr-defined]

        text = self.ipython.var_expand(cmd, depth=1)
        line = self.cell.line(2)
        with _call() as call, _copied(("stdout",)) as copies:
            status = system(text)
        self.ipython.user_ns["_exit_code"] = status
        self._judge(text, status or 0, [copy.kept for copy in copies], call, line, _shell_is_bash())

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Run ``cmd`` as ``x = !cmd`` does, then judge it."""
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        from IPython.utils.text import LSString, SList

        text = self.ipython.var_expand(cmd, depth=depth + 1)
        line = self.cell.line(2)
        with _call() as call:
            output, status = _output_of(text)
        self._judge(text, status, [output], call, line, _shell_is_bash())
        return SList(output.splitlines()) if split else LSString(output)

    def script(self, original: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
        """Return the function behind ``%%script``, made to judge what it ran."""

        @functools.wraps(original)  # it carries the parser of the magic's options
        def shebang(line: str, cell: str) -> Any:
            problem = result = None
            with _call() as call, _copied(("stdout", "stderr")) as copies:
                try:
                    result = original(line, cell)
                except subprocess.CalledProcessError as raised:
                    problem = raised
            words = _words(line)
            if "--bg" in words or "--no-raise-error" in words:
                return result
            program = _program(words)
            text = cell if program in SHELLS else ""
            outputs = [copy.kept for copy in copies]
            for option in ("--out", "--err"):
                if option in words[:-1]:
                    outputs.append(str(self.ipython.user_ns.get(words[words.index(option) + 1], "")))
            status = problem.returncode if problem is not None else 0
            first = 2 if self.cell.source.lstrip().startswith("%%") else 0
            self._judge(text, status, outputs, call, first, program == "bash", f"%%{program}")
            if problem is not None:
                raise problem  # no error for the guard, or only a warning: as without it
            return result

        return shebang

    def _judge(
        self,
        text: str,
        status: int,
        outputs: list[str],
        call: _Call,
        line: int,
        bash: bool,
        command: str = "",
    ) -> None:
        output = "\n".join(outputs)
        if status == 0 and not call.saw_anything and not _suspicious(text, output):
            return
        findings: list[dict[str, Any]] = []
        try:
            from .judge import ShellRun, judge

            looked_at = self.cell.reads_status
            run = ShellRun(text, status, output, call.notes(), bash, line, looked_at)
            findings = [{**item, "command": item["command"] or command} for item in judge(run)]
        except Exception as problem:
            notes.report_internal_error(problem, text[:80] or command)
        report(findings, status)


class _Call:
    """One escape: its id in the environment, and the notes that carry it."""

    def __init__(self) -> None:
        global _counter
        _counter += 1
        self.id = f"{os.getpid()}.{_counter}"
        self._offset = notes.size()

    @property
    def saw_anything(self) -> bool:
        return notes.size() > self._offset

    def notes(self) -> list[notes.Note]:
        found, _ = notes.read(os.environ.get(notes.NOTES, ""), self._offset)
        return [note for note in found if note.call == self.id]


@contextmanager
def _call() -> Iterator[_Call]:
    call = _Call()
    before = os.environ.get(notes.CALL)
    os.environ[notes.CALL] = call.id
    try:
        yield call
    finally:
        if before is None:
            os.environ.pop(notes.CALL, None)
        else:
            os.environ[notes.CALL] = before


@contextmanager
def _copied(names: tuple[str, ...]) -> Iterator[list[Tee]]:
    before = {name: getattr(sys, name) for name in names}
    tees = {name: Tee(stream) for name, stream in before.items()}
    for name, tee in tees.items():
        setattr(sys, name, tee)
    try:
        yield list(tees.values())
    finally:
        for name, stream in before.items():
            if getattr(sys, name) is tees[name]:
                setattr(sys, name, stream)


def _output_of(text: str) -> tuple[str, int]:
    """Return output and status of a command, as IPython/utils/_process_common.py runs it."""
    from IPython.utils.encoding import DEFAULT_ENCODING

    sys.stdout.flush()
    sys.stderr.flush()
    process = subprocess.Popen(  # noqa: S602 - the user's own escape
        text,
        shell=True,
        executable=os.environ.get("SHELL"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        output = process.communicate()[0]
    except KeyboardInterrupt:
        process.terminate()
        print("^C")
        return "", 130
    return output.decode(DEFAULT_ENCODING, "replace"), process.returncode


def _suspicious(text: str, output: str) -> bool:
    """Tell cheaply whether a text that ended with 0 needs to be judged."""
    if any(
        word in output for word in ("FATAL", "ERROR", "ABORT", "not found", "Permission denied", "disabled")
    ):
        return True
    return "/containers/" in os.environ.get("PATH", "") or "/containers/" in text


def _shell_is_bash() -> bool:
    """Tell whether IPython runs escapes with bash; it takes $SHELL, else sh."""
    return os.environ.get("SHELL", "sh").rsplit("/", 1)[-1] == "bash"


def _program(words: list[str]) -> str:
    """Return the name of the program that a script magic's line names."""
    names = [word.rsplit("/", 1)[-1] for word in words if not word.startswith("-") and "=" not in word]
    return next((name for name in names if name != "env"), "")


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
