"""A child that was forked, as the `Popen` that Jupyter takes its kernels for."""

from __future__ import annotations

import contextlib
import os
import signal


class ChildProcess:
    """A child of this process, with what jupyter_client uses of `subprocess.Popen`.

    Attributes:
        pid: its process id.
        returncode: None while it runs; minus the number of the signal that ended it.
        stdin: nothing, as `stdout` and `stderr`: it writes where this process writes.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self._reap(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return how it ended."""
        while (status := self._reap(0)) is None:
            pass
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _reap(self, options: int) -> int | None:
        if self.returncode is None:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, options)
                if pid == 0:
                    return None
                self.returncode = os.waitstatus_to_exitcode(status)
                return self.returncode
            self.returncode = 0  # someone else has waited for it, as in `subprocess`
        return self.returncode
