"""What a task that is killed leaves in a real object store, and what one that ends leaves there."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.life_signs import VARIABLE
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.record.life_sign import LIFE_SIGN, LifeSign
from elyra_neurodesk.record.task_record import read_life_sign
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.tasks import RUN_ID, make_notebook, run, start, submit

SOON = {VARIABLE: "0.2", "KFP_POD_NAME": "study-7k2p-one"}


def sign_of(store: ObjectStore, spec: TaskSpec) -> LifeSign:
    sign = read_life_sign(store.get(spec.run_key(RUN_ID, "one", LIFE_SIGN)))
    assert sign is not None
    return sign


def test_a_killed_task_leaves_its_sign_of_life_its_log_and_its_notebook_as_they_were(
    shared_store: ObjectStore, directory: str, tmp_path: Path
) -> None:
    text = "import time\nprint('in the', 'middle', flush=True)\ntime.sleep(600)"
    files = {"n.ipynb": make_notebook("print('first')", text, "print('never')")}
    spec = submit(shared_store, "n.ipynb", files, directory=directory)
    process = start(shared_store, spec, tmp_path / "w", environment=SOON)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline
            time.sleep(0.1)
            prefix = spec.run_key(RUN_ID, "one") + "/"
            names = [key.removeprefix(prefix) for key in shared_store.keys(prefix)]
            if "n.ipynb" in names and b"in the middle" in shared_store.get(prefix + "n.ipynb"):
                break
        time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert [name.rpartition("/")[2] for name in shared_store.keys(prefix)] == [LIFE_SIGN, "n.ipynb", "n.log"]
    sign = sign_of(shared_store, spec)
    assert (sign.state, sign.pod, sign.cells_done, sign.cells) == ("running", "study-7k2p-one", 1, 3)
    assert sign.log is not None
    assert sign.notebook is not None
    log = shared_store.get(sign.log.key).decode()
    assert "cell 2 of 3" in log
    executed = json.loads(shared_store.get(sign.notebook.key))
    assert [cell["outputs"][0]["text"] for cell in executed["cells"][:2]] == [
        ["first\n"],
        ["in the middle\n"],
    ]
    assert "never" not in json.dumps([cell["outputs"] for cell in executed["cells"]])


@pytest.mark.parametrize(("text", "status", "code"), [("pass", 0, None), ("raise KeyError", 1, "ND-RUN-002")])
def test_a_task_that_ends_says_so_and_how(
    shared_store: ObjectStore, directory: str, tmp_path: Path, text: str, status: int, code: str | None
) -> None:
    spec = submit(shared_store, "s.py", {"s.py": text}, directory=directory)
    assert run(shared_store, spec, tmp_path / "w").status == status
    sign = sign_of(shared_store, spec)
    assert (sign.state, sign.exit_status, sign.error and sign.error.code) == ("ended", status, code)
    assert (sign.log, sign.notebook, sign.cells) == (None, None, None)


def test_a_store_that_is_down_while_the_task_runs_does_not_disturb_it(tmp_path: Path) -> None:
    with running_nanio(tmp_path) as store:
        text = "import pathlib, time\nprint('ready', flush=True)\n"
        text += "while not pathlib.Path('../go').exists(): time.sleep(0.05)\nprint('went on', flush=True)"
        spec = submit(store, "s.py", {"s.py": text})
        process = start(store, spec, tmp_path / "w", environment={VARIABLE: "0.1"})
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "ready\n":
                store.stop()
            if "the store does not take signs of life" in line:
                (tmp_path / "w" / "go").touch()
        assert process.wait(timeout=60) == 15  # log and record cannot be stored
    assert "went on\n" in lines
    assert lines[-1].startswith("ND-STORE-002: ")
    assert sum("signs of life" in line for line in lines) == 1
