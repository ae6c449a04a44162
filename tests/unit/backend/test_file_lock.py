import subprocess
import sys
from pathlib import Path

import pytest

from elyra_neurodesk.backend.file_lock import Busy, is_locked, locked

HOLDER = """
import sys, time
from pathlib import Path
from elyra_neurodesk.backend.file_lock import try_lock
assert try_lock(Path(sys.argv[1])) is not None
print("held", flush=True)
time.sleep(60)
"""


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(Busy), locked(tmp_path / "lock", timeout_seconds=0.1):
        pass
    with locked(tmp_path / "lock", timeout_seconds=0.1):
        pass


def test_a_lock_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert not is_locked(file)
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_locked(file)
        holder.kill()
    assert not is_locked(file)
