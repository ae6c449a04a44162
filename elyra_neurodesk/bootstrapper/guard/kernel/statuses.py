"""Notes what becomes of the exit statuses of processes that Python code starts.

Whether a status was looked at shows in what happens to it: ``returncode`` is read, a number is compared, a
``check=True`` raises. `subprocess.Popen` and `subprocess.CompletedProcess` therefore get a ``returncode``
that tells when it is read, and what `os.system`, ``call``, ``wait`` and ``poll`` return is a number that
does. A status of 0 is left as it is.

Calls that a library makes are its own business. What crosses to another process is noted there again: a
pickled result is an ordinary one.
"""

# ruff: noqa: N807, PTH120, S110, SIM105
from __future__ import annotations

import atexit
import functools
import importlib.abc
import importlib.machinery
import os
import shlex
import sys
import threading
import weakref
from types import FrameType
from typing import Any

from . import notes
from .notes import Note

LINE_SEPARATOR = "\x1e"  # stands for a line break in a note
_MAX_CALLS = 5000  # of one process
_MAX_WORDS = 300
_INTERNAL = frozenset(["subprocess", "asyncio"])
# their frames stand between the user's code and a call that it asked for
_EXECUTORS = _INTERNAL | {"concurrent", "multiprocessing", "threading", "joblib", "os", "loky", "runpy"}
_PICKLERS = (  # modules that pickle what processes of a pool return
    "multiprocessing.reduction",
    "loky.backend.reduction",
    "joblib.externals.loky.backend.reduction",
)
_suspended = threading.local()
_calls: weakref.WeakKeyDictionary[Any, ProcessCall] = weakref.WeakKeyDictionary()
_counter = 0
_outer_call = os.environ.get(notes.CALL)  # what this process is part of


class ProcessCall:
    """One process that the user's code started, shared by all objects that hold its status.

    Attributes:
        id: what its own processes have in ``NEURODESK_GUARD_CALL``.
        origin: what it was made from.
    """

    def __init__(self, command: str, shell: bool, line: int, source: str) -> None:
        global _counter
        _counter += 1
        self._pid = os.getpid()
        self.id = f"p{self._pid}.{_counter}"
        self._command, self._shell, self._line, self._source = command, shell, line, source
        self.origin = (command, shell, line, source)
        self._parent = os.environ.get(notes.CALL, "")
        self._failed = self._looked = False

    def ended(self, status: int) -> None:
        """Note how it ended."""
        self._failed = status != 0
        self._note("call", status, self._command, "text" if self._shell else "")

    def look(self) -> None:
        """Note that its status was read."""
        if self._failed and not self._looked and not getattr(_suspended, "on", False):
            self._looked = True
            self._note("looked")

    def show(self) -> None:
        """Note that its error output was read."""
        if self._failed and not self._looked:
            self._note("shown")

    def say(self, *outputs: Any) -> None:
        """Note its last words."""
        for output in outputs:
            text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output
            rows = [row.strip() for row in str(text or "").splitlines() if row.strip()]
            if rows:
                self._note("said", 0, LINE_SEPARATOR.join(row[:_MAX_WORDS] for row in rows[-3:]))
                return

    def number(self, change: int) -> None:
        """Note that the user's code gets the status as a number (1), or has not kept it (-1)."""
        if self._failed and not self._looked:
            self._note("number" if change > 0 else "unkept")

    def drop(self) -> None:
        """Note that nothing can read its status any more."""
        if self._failed and not self._looked and self._pid == os.getpid():
            self._looked = True
            self._note("dropped")

    def __del__(self) -> None:
        try:
            self.drop()
        except Exception:  # the interpreter ends
            pass

    def _note(self, kind: str, status: int = 0, command: str = "", shell: str = "") -> None:
        command = command.replace("\n", LINE_SEPARATOR)
        notes.append(Note(kind, self.id, status, self._line, command, self._source, shell, self._parent))


class ExitStatus(int):
    """An exit status other than 0 that notes when it is looked at; it is a plain number once pickled.

    Compiled code can use a number without a trace (``"%d" % status``, numpy). Whether something keeps it is
    therefore noted, too: what is gone before its line has ended was surely not looked at.
    """

    call: ProcessCall
    _birth: tuple[int, int, int]

    def __new__(cls, value: int, call: ProcessCall, frame: FrameType | None = None) -> ExitStatus:
        """Return a number that tells ``call`` of it; ``frame`` is that of the user's code which gets it."""
        made = super().__new__(cls, value)
        made.call = call
        made._birth = (id(frame), frame.f_lineno, _counter) if frame is not None else (0, 0, 0)
        call.number(1)
        for name in _PICKLERS:
            module = sys.modules.get(name)
            if module is not None:
                getattr(module, "ForkingPickler", module).register(cls, _to_other_process)
        return made

    def __del__(self) -> None:
        try:
            frame = sys._getframe(1)
            if self._birth == (id(frame), frame.f_lineno, _counter):
                self.call.number(-1)
        except Exception:  # the interpreter ends
            pass

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """Return a plain number; who unpickles it may look at it."""
        return int, (int(self),)

    def __repr__(self) -> str:
        """Return a plain number's. That IPython shows what a cell ends with is not a look."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") != "IPython.core.displayhook":
            frame = frame.f_back
        if frame is None:
            self.call.look()
        return int.__repr__(self)


def _looking(name: str) -> Any:
    original = getattr(int, name)

    @functools.wraps(original)
    def method(self: ExitStatus, *arguments: Any) -> Any:
        self.call.look()
        return original(self, *arguments)

    return method


# fmt: off
_LOOKS = (
    "bool", "eq", "ne", "lt", "le", "gt", "ge", "hash", "int", "index", "float", "str", "format",
    "neg", "pos", "abs", "invert", "add", "radd", "sub", "rsub", "mul", "rmul", "floordiv", "rfloordiv",
    "truediv", "rtruediv", "mod", "rmod", "divmod", "rdivmod", "pow", "and", "rand", "or", "ror", "xor",
    "rxor", "lshift", "rlshift", "rshift", "rrshift",
)
# fmt: on
for _name in _LOOKS:
    setattr(ExitStatus, f"__{_name}__", _looking(f"__{_name}__"))


def _to_other_process(status: ExitStatus) -> tuple[Any, ...]:
    """Return how to make the status anew in the process that asked for it."""
    call = status.call
    call.look()
    return _from_other_process, (int.__int__(status), *call.origin)


def _from_other_process(value: int, *origin: Any) -> ExitStatus:
    call = ProcessCall(*origin)
    call.ended(value >> 8 or value)
    return ExitStatus(value, call)


def release(value: Any) -> None:
    """Note that nothing looks at what a cell ends with, once the cell has shown it."""
    for item in value[:1000] if isinstance(value, (list, tuple)) else [value]:
        call = item.call if isinstance(item, ExitStatus) else None
        if call is None and type(item).__module__ == "subprocess":
            call = _call_of(item)
        if call is not None:
            if isinstance(item, ExitStatus):
                call.number(-1)
            call.drop()


def install() -> None:
    """Watch `os.system` now, and `subprocess` when it is imported; a second time does nothing."""
    if getattr(os.system, "neurodesk_guard", False):
        return
    _watch_os()
    atexit.register(poll_abandoned)
    watchers = {"subprocess": _watch_subprocess, "asyncio.base_subprocess": _watch_asyncio}
    for name in [name for name in watchers if name in sys.modules]:
        watchers.pop(name)(sys.modules[name])
    if watchers:
        sys.meta_path.insert(0, _StatusFinder(watchers))


def poll_abandoned() -> None:
    """Note how processes ended that nobody has waited for, if they have."""
    module = sys.modules.get("subprocess")
    if module is not None:
        module._cleanup()


class _StatusFinder(importlib.abc.MetaPathFinder):
    """Has modules watched once they are imported."""

    def __init__(self, watchers: dict[str, Any]) -> None:
        self._watchers = watchers

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """Return the ordinary spec with a loader of ours around its own."""
        watch = self._watchers.pop(fullname, None)
        if watch is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(package: Any) -> None:
            execute(package)
            watch(package)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign, assignment]
        return spec


def _call_of(process: Any) -> ProcessCall | None:
    try:
        return _calls.get(process)
    except TypeError:  # asyncio lets go of its process
        return None


def _begin(command: Any, shell: bool, depth: int) -> ProcessCall | None:
    """Return the call that the user's code is about to make, None for a library's."""
    if _counter >= _MAX_CALLS or os.environ.get(notes.CALL) != _outer_call:
        return None  # too many; or IPython runs a shell escape, which `escapes` judges
    frame = _caller(sys._getframe(depth + 1))
    if frame is None:
        return ProcessCall(_text(command), shell, 0, "")
    file = frame.f_code.co_filename
    if _is_library(file):
        return None
    cell = frame
    while cell.f_code.co_name != "<module>" and cell.f_back is not None and _is_cell(file):
        cell = cell.f_back
    line = cell.f_lineno if _is_cell(cell.f_code.co_filename) else frame.f_lineno
    return ProcessCall(_text(command), shell, line, "cell" if _is_cell(file) else file)


def _caller(frame: FrameType | None) -> FrameType | None:
    while frame is not None and (_module_of(frame) in _EXECUTORS or frame.f_globals is globals()):
        frame = frame.f_back
    return frame


def _module_of(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__", "")
    if name == "__main__":  # of ``python -m``
        name = getattr(frame.f_globals.get("__spec__"), "name", name)
    return str(name).split(".")[0]


def _is_internal(depth: int = 2) -> bool:
    """Tell whether `subprocess` or `asyncio` itself reads a status."""
    return _module_of(sys._getframe(depth)) in _INTERNAL


def _is_library(file: str) -> bool:
    return (
        file.startswith(
            (os.path.dirname(os.__file__) + os.sep, sys.prefix + os.sep + "lib" + os.sep, "<frozen")
        )
        or "site-packages" in file
        or "dist-packages" in file
    )


def _is_cell(file: str) -> bool:
    return "ipykernel_" in file or file.startswith("<ipython-input")


def _text(command: Any) -> str:
    try:
        if isinstance(command, (str, bytes, os.PathLike)):
            return os.fsdecode(command)
        return " ".join(shlex.quote(os.fsdecode(word)) for word in command)
    except Exception:
        return ""


def _environment(call: ProcessCall, given: Any) -> Any:
    """Return the environment of a call's process; what the user gave is left alone where it is unusual."""
    if given is None:
        return {**os.environ, notes.CALL: call.id}
    if isinstance(given, dict) and all(isinstance(name, str) for name in given):
        return {**given, notes.CALL: call.id}
    return given


def _watch_os() -> None:
    import posix

    original = os.system

    @functools.wraps(original)
    def system(command: Any) -> int:
        call = _begin(command, True, 1)
        if call is None or "\0" in _text(command):
            return original(command)
        sys.audit("os.system", command)
        words = [b"sh", b"-c", os.fsencode(command)]
        pid = os.posix_spawn("/bin/sh", words, _environment(call, None))
        try:
            status = os.waitpid(pid, 0)[1]
        except ChildProcessError:  # somebody else has waited for it
            return -1
        call.ended(_exit_status(status))
        return ExitStatus(status, call, sys._getframe(1)) if status else status

    system.neurodesk_guard = True  # type: ignore[attr-defined]
    for module in (os, posix):
        setattr(module, "system", system)  # noqa: B010 - its type is another one
    for name in ("WEXITSTATUS", "WIFEXITED", "WIFSIGNALED", "WTERMSIG", "waitstatus_to_exitcode"):
        if hasattr(os, name):
            for module in (os, posix):
                setattr(module, name, _reading(getattr(os, name)))


def _exit_status(status: int) -> int:
    return -(status & 0x7F) if status & 0x7F else status >> 8


def _reading(original: Any) -> Any:
    if hasattr(original, "__wrapped__"):
        return original

    @functools.wraps(original)
    def function(status: Any) -> Any:
        if isinstance(status, ExitStatus):
            status.call.look()
        return original(status)

    return function


def _watch_subprocess(module: Any) -> None:
    _watch_popen(module.Popen)
    _watch_completed_process(module.CompletedProcess)
    original = module.getstatusoutput

    @functools.wraps(original)
    def getstatusoutput(*arguments: Any, **options: Any) -> Any:
        _suspended.on = True  # it looks for its caller
        try:
            result = original(*arguments, **options)
        finally:
            _suspended.on = False
        if _is_internal() and isinstance(result[0], ExitStatus):
            result[0].call.number(-1)  # getoutput() does not pass it on
        return result

    module.getstatusoutput = getstatusoutput


def _watch_popen(popen: Any) -> None:
    start, wait, poll = popen.__init__, popen.wait, popen.poll
    communicate, send_signal = popen.communicate, popen.send_signal

    @functools.wraps(start)
    def init(self: Any, args: Any, *more: Any, **options: Any) -> None:
        call = _begin(args, bool(options.get("shell")) or (len(more) > 7 and bool(more[7])), 1)
        if call is not None:
            _calls[self] = call
            if len(more) < 10:
                options["env"] = _environment(call, options.get("env"))
        start(self, args, *more, **options)

    def result(self: Any, status: Any) -> Any:
        call = _call_of(self)
        if not status or call is None:
            return status
        caller = sys._getframe(2)
        if _module_of(caller) in _INTERNAL and caller.f_code.co_name not in ("run", "call"):
            return status
        if caller.f_code.co_name == "call" and _module_of(caller) in _INTERNAL:
            caller = caller.f_back or caller
        return ExitStatus(status, call, caller)

    @functools.wraps(wait)
    def watched_wait(self: Any, *arguments: Any, **options: Any) -> Any:
        return result(self, wait(self, *arguments, **options))

    @functools.wraps(poll)
    def watched_poll(self: Any) -> Any:
        return result(self, poll(self))

    @functools.wraps(communicate)
    def watched_communicate(self: Any, *arguments: Any, **options: Any) -> Any:
        outputs = communicate(self, *arguments, **options)
        call = _call_of(self)
        if call is not None and not _is_internal():
            call.say(outputs[1], outputs[0])
            if outputs[1] is not None:
                call.show()
        return outputs

    @functools.wraps(send_signal)
    def watched_send_signal(self: Any, sig: int) -> None:
        call = _calls.pop(self, None)
        if call is not None:
            call.look()  # who ends a process expects that it ends
        send_signal(self, sig)

    def get(self: Any) -> Any:
        status = self.__dict__["returncode"] if "returncode" in self.__dict__ else _absent(self)
        if status and not _is_internal():
            call = _call_of(self)
            if call is not None:
                call.look()
        return status

    def put(self: Any, status: Any) -> None:
        before = self.__dict__.get("returncode")
        self.__dict__["returncode"] = status
        call = _call_of(self) if before is None and status is not None else None
        if call is not None:
            call.ended(status)

    popen.__init__, popen.wait, popen.poll = init, watched_wait, watched_poll
    popen.communicate, popen.send_signal = watched_communicate, watched_send_signal
    popen.returncode = property(get, put)


def _watch_asyncio(module: Any) -> None:
    transport = module.BaseSubprocessTransport
    get, wait, exited = transport.get_returncode, transport._wait, transport._process_exited

    @functools.wraps(exited)
    def process_exited(self: Any, returncode: int) -> None:
        call = _call_of(self._proc)  # it lets go of its process
        if call is not None:
            _calls[self] = call
        exited(self, returncode)

    @functools.wraps(get)
    def get_returncode(self: Any) -> Any:
        call = _call_of(self)
        if call is not None:
            call.look()
        return get(self)

    @functools.wraps(wait)
    async def watched_wait(self: Any) -> Any:
        status = await wait(self)
        call = _call_of(self)
        return ExitStatus(status, call) if status and call is not None else status

    transport.get_returncode, transport._wait = get_returncode, watched_wait
    transport._process_exited = process_exited


def _watch_completed_process(completed: Any) -> None:
    check, represent = completed.check_returncode, completed.__repr__

    def get(self: Any) -> Any:
        status = self.__dict__["returncode"] if "returncode" in self.__dict__ else _absent(self)
        if status and not _is_internal():
            _looked(self)
        return status

    def put(self: Any, status: Any) -> None:
        if isinstance(status, ExitStatus):
            _calls[self] = status.call
            status.call.number(-1)  # the result has it now
            status = int.__int__(status)
        self.__dict__["returncode"] = status

    def get_stderr(self: Any) -> Any:
        call = _call_of(self)
        if call is not None and not _is_internal():
            call.show()
        return self.__dict__["stderr"] if "stderr" in self.__dict__ else _absent(self, "stderr")

    def put_stderr(self: Any, output: Any) -> None:
        self.__dict__["stderr"] = output
        call = _call_of(self)
        if call is not None:
            call.say(output, self.__dict__.get("stdout"))

    @functools.wraps(check)
    def check_returncode(self: Any) -> None:
        _looked(self)
        check(self)

    def __getstate__(self: Any) -> Any:
        _looked(self)
        return dict(self.__dict__)

    def __setstate__(self: Any, state: Any) -> None:
        self.__dict__.update(state)
        status = state.get("returncode")
        call = _begin(state.get("args", ""), False, 1) if status else None
        if call is not None:
            call.ended(status)
            _calls[self] = call

    completed.returncode, completed.stderr = property(get, put), property(get_stderr, put_stderr)
    completed.check_returncode = check_returncode
    completed.__getstate__, completed.__setstate__ = __getstate__, __setstate__
    completed.__repr__ = represent


def _looked(process: Any) -> None:
    call = _call_of(process)
    if call is not None:
        call.look()


def _absent(self: Any, name: str = "returncode") -> Any:
    raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
