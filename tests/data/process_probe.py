# run in a task's kernel or script: writes all that a process can find out about itself and its parent
import sys

MODULES = sorted(sys.modules)
META_PATH = [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path]
SYS_PATH = list(sys.path)

import faulthandler
import gc
import json
import locale
import os
import re
import signal
import subprocess
import tempfile
import time
import warnings


def status(pid):
    lines = dict(
        line.split(":\t", 1) for line in open(f"/proc/{pid}/status").read().splitlines() if ":\t" in line
    )
    names = "Umask SigBlk SigIgn SigCgt CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Uid Gid Groups THP_enabled"
    return {name: lines.get(name) for name in names.split()}


def descriptors(pid):
    found = {}
    for name in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue  # the one that listed them
        flags = re.search("flags:\t(.*)", open(f"/proc/{pid}/fdinfo/{name}").read())[1]
        found[int(name)] = [re.sub(r":\[\d+\]", "", link), flags]
    return found


def outside(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    environ = open(f"/proc/{pid}/environ", "rb").read().decode("utf-8", "surrogateescape").split("\0")
    return {
        "cmdline": open(f"/proc/{pid}/cmdline", "rb").read().decode().split("\0"),
        "environ": dict(entry.split("=", 1) for entry in environ if entry),
        "comm": open(f"/proc/{pid}/comm").read(),
        "exe": os.readlink(f"/proc/{pid}/exe"),
        "cwd": os.readlink(f"/proc/{pid}/cwd"),
        "limits": open(f"/proc/{pid}/limits").read(),
        "status": status(pid),
        "leads its group": int(fields[2]) == pid,
        "leads its session": int(fields[3]) == pid,
        "terminal": fields[4],
        "nice": fields[16],
        "oom_score_adj": open(f"/proc/{pid}/oom_score_adj").read(),
        "coredump_filter": open(f"/proc/{pid}/coredump_filter").read(),
        "cgroup": open(f"/proc/{pid}/cgroup").read(),
    }


def stream(one):
    return (
        None
        if one is None
        else [one.name, one.mode, one.encoding, one.errors, one.line_buffering, one.fileno()]
    )


def multiprocess():
    import multiprocessing

    found = {}
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            found[method] = pool.map(abs, [-1, -2, -3])
    return found


if __name__ == "__main__":  # a process that multiprocessing spawns reads this file again
    tracked = descriptors(os.getpid())
    report = {
        "modules": MODULES,
        "meta_path": META_PATH,
        "sys.path": SYS_PATH,
        "flags": repr(sys.flags),
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "executable": [sys.executable, sys.prefix, sys.base_prefix, sys._base_executable],
        "options": [sys._xoptions, sys.warnoptions],
        "streams": [stream(sys.__stdin__), stream(sys.__stdout__), stream(sys.__stderr__)],
        "stdin at its end": sys.__stdin__.read(),
        "locale": [
            locale.setlocale(locale.LC_ALL),
            locale.getpreferredencoding(),
            sys.getfilesystemencoding(),
        ],
        "time": [time.tzname, time.timezone],
        "limits": [sys.getrecursionlimit(), sys.getswitchinterval()],
        "gc": [gc.isenabled(), gc.get_threshold()],
        "faulthandler": faulthandler.is_enabled(),
        "filters": [repr(item) for item in warnings.filters],
        "hooks": [
            repr(type(sys.excepthook)),
            len(sys.path_hooks),
            sys.gettrace() is None,
            sys.getprofile() is None,
        ],
        "signals": {number.name: repr(signal.getsignal(number)) for number in signal.Signals},
        "environment": dict(os.environ),
        "environment of C": dict(line.split("=", 1) for line in subprocess.getoutput("env").splitlines()),
        "directory": os.getcwd(),
        "temporary": tempfile.gettempdir(),
        "umask": os.umask(0o22),
        "descriptors": {number: tracked[number] for number in (0, 1, 2)},
        "kinds of descriptors": sorted(kind[0] for number, kind in tracked.items() if number > 2),
        "this": outside(os.getpid()),
        "parent": outside(os.getppid()),
        "parent's descriptors": {number: descriptors(os.getppid())[number] for number in (0, 1, 2)},
        "a child": subprocess.run(
            [sys.executable, "-c", "import sys; print(sys.flags, sys.path)"], capture_output=True, text=True
        ).stdout,
        "multiprocessing": multiprocess(),
        "user packages": sorted({"numpy", "pandas", "matplotlib", "requests", "yaml"} & set(MODULES)),
    }
    os.umask(report["umask"])
    text = json.dumps(report, default=repr)
    for pid, name in ((os.getpid(), "PID"), (os.getppid(), "PARENT")):
        text = re.sub(rf"\b{pid}\b", name, text)
    open(REPORT, "w").write(text)
