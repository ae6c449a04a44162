"""Turns a forked process into ``python -m MODULE ARGUMENTS`` that begins."""

from __future__ import annotations

import ctypes
import importlib
import multiprocessing.process
import os
import runpy
import signal
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from elyra_neurodesk.bootstrapper.warm import identity
from elyra_neurodesk.bootstrapper.warm.interpreter import Interpreter

_DEFAULT = (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def become(
    command: Sequence[str],
    environment: Mapping[str, str],
    interpreter: Interpreter,
    before: Callable[[], None] | None = None,
) -> NoReturn:
    """Be the program of a command line ``PYTHON -m MODULE ARGUMENTS``, and end as Python ends.

    Working directory, session, mask and descriptors 0 to 2 are the caller's affair; descriptors from 3 on are
    closed.

    Args:
        command: the command line; its first word is only shown.
        environment: all of the environment.
        interpreter: this process before it was forked.
        before: is called when all is ready.
    """
    module, arguments = command[2], command[3:]
    _reset_signals()
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    identity.show(command, environment)
    sys.argv, sys.orig_argv = ["-m", *arguments], [*command]
    sys.path[:] = [os.getcwd(), *interpreter.path[1:]]  # noqa: PTH109
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    # as when it is imported (multiprocessing/process.py)
    multiprocessing.process.ORIGINAL_DIR = os.getcwd()  # type: ignore[attr-defined]  # noqa: PTH109
    multiprocessing.process.current_process().authkey = os.urandom(32)
    sys.modules["__main__"] = _main_module()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    if before is not None:
        before()
    _end(_run(module))


def _run(module: str) -> object:
    """Run the module and return its exit status, or the text that `sys.exit` was given."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return ended.code
    except BaseException as problem:
        sys.excepthook(type(problem), problem, problem.__traceback__)
        return 1
    return 0


def _end(status: object) -> NoReturn:
    """End this process as the interpreter does: threads, atexit, open files, modules."""
    if status is not None and not isinstance(status, int):
        print(status, file=sys.stderr)
        status = 1
    ctypes.pythonapi.Py_Exit(ctypes.c_int(int(status or 0) & 0xFF))
    os._exit(1)  # never: the line above does not return


def _reset_signals() -> None:
    for number in _DEFAULT:
        signal.signal(number, signal.SIG_DFL)
    for number in _IGNORED_BY_PYTHON:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _main_module() -> types.ModuleType:
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    return main
