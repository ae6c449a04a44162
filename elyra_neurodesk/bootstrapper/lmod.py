"""Loads modules through the image's own Lmod, which then knows them when the user's code loads more."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from elyra_neurodesk.bootstrapper.environment import LMOD_CMD
from elyra_neurodesk.errors import one_line
from elyra_neurodesk.modules.modulefile import moved

# Lmod prints shell code. `env` is found before that code runs: a module may put one of its own on PATH.
_SCRIPT = r"""
lmod=$1; env=$2; shift 2
code=$("$lmod" bash load "$@") || exit 3
eval "$code" || exit 3
printf '%s\0' 'the environment'
exec "$env" -0
"""
_MARK = b"the environment\0"
_SET_BY_BASH = {"_", "SHLVL", "PWD", "OLDPWD", "BASH_ENV"}


class LmodFailed(RuntimeError):
    """Lmod could not load the modules; the message is one line."""


def find(environment: Mapping[str, str]) -> str | None:
    """Return Lmod's command: the environment's ``LMOD_CMD``, else where Neurodesktop has it."""
    for path in (environment.get("LMOD_CMD", ""), LMOD_CMD):
        if path and os.access(path, os.X_OK) and Path(path).is_file():
            return path
    return None


def load(
    names: Sequence[str], command: str, environment: Mapping[str, str], root: Path, timeout: float
) -> dict[str, str]:
    """Load modules in a shell and return the environment that it then has.

    Args:
        names: ``tool/version`` of each, none of them replacing another.
        command: Lmod's.
        environment: has MODULEPATH.
        root: where the repository is; paths that module files write out are translated to it.
        timeout: how long Lmod may take (s).

    Raises:
        LmodFailed: Lmod is not there, failed, took too long, or did not load all of them.
    """
    shell, env = shutil.which("bash"), shutil.which("env")
    if shell is None or env is None:
        raise LmodFailed("no bash is on PATH to run it")
    process = subprocess.Popen(
        [shell, "--norc", "--noprofile", "-c", _SCRIPT, "lmod", command, env, *names],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as problem:
        _kill(process)
        raise LmodFailed(f"it took longer than {timeout:g} s") from problem
    _, mark, after = output.partition(_MARK)
    if process.returncode != 0 or not mark:
        text = one_line(errors.decode(errors="replace")) or f"exit status {process.returncode}"
        raise LmodFailed(text[:400])
    new = _merged(dict(environment), after, root)
    missing = set(names) - set(new.get("LOADEDMODULES", "").split(":"))
    if missing:
        raise LmodFailed(f"it did not load {', '.join(sorted(missing))}")
    return new


def _merged(old: dict[str, str], printed: bytes, root: Path) -> dict[str, str]:
    """Return the old environment with what the shell's has changed, set and unset."""
    text = printed.decode(errors="surrogateescape")
    pairs = [line.partition("=") for line in text.split("\0") if "=" in line]
    new = {name: value for name, _, value in pairs if not name.startswith("BASH_FUNC_")}
    for name in _SET_BY_BASH:
        new.pop(name, None)
        if name in old:
            new[name] = old[name]
    return {
        name: value if value == old.get(name) or name.startswith("_ModuleTable") else moved(value, str(root))
        for name, value in new.items()
    }


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the shell and what it started, without waiting for what cannot be ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=1)
