"""A task says that it runs, and what it has written until now, without being held up by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat.v4
import pytest

from elyra_neurodesk.bootstrapper import life_signs
from elyra_neurodesk.bootstrapper.life_signs import INTERVAL, LifeSigns, interval_of, log_so_far
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.notebook import NotebookFailed
from elyra_neurodesk.bootstrapper.record import Progress
from elyra_neurodesk.bootstrapper.running_notebook import RunningNotebook
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.record.life_sign import LIFE_SIGN, LifeSign
from elyra_neurodesk.record.log_so_far import MAX_LINE, split_left_out
from elyra_neurodesk.record.task_record import read_life_sign
from elyra_neurodesk.storage.directory import DirectoryStorage
from elyra_neurodesk.storage.errors import TaskErrors
from elyra_neurodesk.storage.location import StorageLocation

SOON = {life_signs.VARIABLE: "0.02", "KFP_POD_NAME": "study-1", "NODE_NAME": "node-7"}


class Bench:
    """A task with a store in a directory, as one that speaks S3 unless told otherwise."""

    def __init__(self, tmp_path: Path) -> None:
        (tmp_path / "store" / "bucket").mkdir(parents=True)
        location = StorageLocation("http://127.0.0.1:1", "bucket")
        self.spec = TaskSpec("P", "p", "one", "One", "a.ipynb", "0" * 64, location)
        self.progress = Progress(self.spec, "run")
        self.stream = StringIO()
        self.log = Log(self.stream)
        self.log.attach(tmp_path / "a.log")
        self.store: Any = DirectoryStorage(tmp_path / "store", "bucket", TaskErrors("http://x", "bucket"))

    def signs(self, directory: bool = False, **environment: str) -> LifeSigns:
        return LifeSigns(
            lambda: self.store, directory, self.progress, self.log, "a.ipynb", {**SOON, **environment}
        )

    def key(self, name: str) -> str:
        return self.spec.run_key("run", "one", name)

    def names(self) -> set[str]:
        return {item.key.rpartition("/")[2] for item in self.store.list("p/run/one/")}

    def sign(self) -> LifeSign:
        sign = read_life_sign(self.store.get(self.key(LIFE_SIGN)))
        assert sign is not None
        return sign

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_it_says_what_runs_where_and_how_far_it_is_and_at_last_how_it_ended(bench: Bench) -> None:
    signs = bench.signs()
    bench.log.say("hello")
    signs.start()
    bench.wait(lambda: LIFE_SIGN in bench.names() and bench.sign().state == "running")
    sign = bench.sign()
    assert (sign.run_id, sign.task, sign.pod, sign.node) == ("run", "one", "study-1", "node-7")
    assert (sign.cells_done, sign.cells, sign.exit_status, sign.error) == (None, None, None, None)
    running = RunningNotebook(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1") for _ in range(3)])
    )
    running.done = 2
    bench.progress.begun(running)
    bench.wait(lambda: bench.sign().notebook is not None)
    sign = bench.sign()
    assert (sign.cells_done, sign.cells) == (2, 3)
    assert sign.log is not None
    assert sign.log.key == bench.key("a.log")
    assert len(nbformat.reads(bench.store.get(bench.key("a.ipynb")).decode(), 4).cells) == 3
    bench.progress.fail(NotebookFailed("cell 3: KeyError."))
    signs.leave_files()
    signs.end()
    sign = bench.sign()
    assert (sign.state, sign.exit_status, sign.error and sign.error.code) == ("ended", 1, "ND-RUN-001")
    assert (sign.log, sign.notebook) == (None, None)


def test_what_was_written_until_now_is_stored_again_when_it_has_changed_and_only_then(bench: Bench) -> None:
    stored: list[str] = []
    put = bench.store.put

    def noting(key: str, *arguments: Any) -> None:
        put(key, *arguments)
        stored.append(key.rpartition("/")[2])

    bench.store.put = noting
    signs = bench.signs()
    bench.log.say("one")
    signs.start()
    bench.wait(lambda: stored.count(LIFE_SIGN) > 5)
    assert stored.count("a.log") == 1
    bench.log.say("two")
    bench.wait(lambda: stored.count("a.log") == 2)
    assert bench.store.get(bench.key("a.log")) == b"neurodesk: one\nneurodesk: two\n"
    signs.leave_files()
    signs.end()


def test_a_large_file_is_stored_less_often(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life_signs, "RATE", 1)
    bench.log.write("x" * 1000)
    signs = bench.signs()
    signs.start()
    bench.wait(lambda: LIFE_SIGN in bench.names())
    bench.log.write("y")
    begin = bench.sign().updated
    bench.wait(lambda: bench.sign().updated > begin)
    assert bench.store.get(bench.key("a.log")) == b"x" * 1000
    signs.hurry()  # killed in a moment
    bench.wait(lambda: bench.store.get(bench.key("a.log")) == b"x" * 1000 + b"y")
    signs.end()


def test_the_final_files_are_not_replaced_by_earlier_ones(bench: Bench) -> None:
    putting, may_go_on = threading.Event(), threading.Event()
    put = bench.store.put

    def slow(key: str, *arguments: Any) -> None:
        if key.endswith(".log"):
            putting.set()
            may_go_on.wait(20)
        put(key, *arguments)

    bench.store.put = slow
    signs = bench.signs()
    bench.log.say("early")
    signs.start()
    assert putting.wait(20)
    threading.Timer(0.1, may_go_on.set).start()
    signs.leave_files()
    assert may_go_on.is_set()
    put(bench.key("a.log"), b"final")
    bench.log.say("more")
    signs.hurry()
    signs.end()
    assert bench.store.get(bench.key("a.log")) == b"final"
    assert bench.sign().state == "ended"


class Down:
    """A store that cannot be reached."""

    def put(self, key: str, content: bytes, content_type: str = "") -> None:
        raise ConnectionRefusedError(111, "Connection refused")


def test_a_store_that_is_down_costs_the_task_one_line_and_is_used_once_it_is_there(bench: Bench) -> None:
    there, bench.store = bench.store, Down()
    signs = bench.signs()
    signs.start()
    bench.wait(lambda: "warning" in bench.stream.getvalue())
    time.sleep(0.1)
    assert bench.stream.getvalue().count("the store does not take signs of life") == 1
    assert "Connection refused" in bench.stream.getvalue()
    bench.store = there
    bench.wait(lambda: LIFE_SIGN in bench.names() and bench.sign().log is not None)
    signs.leave_files()
    signs.end()


def test_a_store_that_never_answers_does_not_hold_up_the_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life_signs, "FILES_PATIENCE", 0.05)
    monkeypatch.setattr(life_signs, "END_PATIENCE", 0.05)
    never, asked = threading.Event(), threading.Event()

    class Silent:
        def put(self, *arguments: Any) -> None:
            asked.set()
            never.wait(60)

    bench.store = Silent()
    signs = bench.signs()
    signs.start()
    assert asked.wait(20)
    signs.leave_files()
    signs.end()
    assert signs._thread.is_alive()  # it ends with the process, being a daemon
    assert signs._thread.daemon
    never.set()
    signs._thread.join(20)


def test_on_the_embedded_backend_a_short_task_writes_nothing_and_a_long_one_no_log(bench: Bench) -> None:
    signs = bench.signs(directory=True, **{life_signs.VARIABLE: "60"})
    signs.start()
    signs.leave_files()
    signs.end()
    assert bench.names() == set()
    signs = bench.signs(directory=True)
    signs.start()
    bench.wait(lambda: LIFE_SIGN in bench.names())
    signs.leave_files()
    signs.end()
    assert bench.names() == {LIFE_SIGN}
    assert bench.sign().state == "ended"


def test_on_the_embedded_backend_the_sign_of_an_earlier_attempt_is_replaced_at_once(bench: Bench) -> None:
    bench.store.put(bench.key(LIFE_SIGN), b"of an earlier attempt")
    signs = bench.signs(directory=True, **{life_signs.VARIABLE: "60"})
    signs.start()
    bench.wait(lambda: bench.store.get(bench.key(LIFE_SIGN)) != b"of an earlier attempt")
    assert bench.sign().state == "started"
    signs.end()


@pytest.mark.parametrize(("text", "left_out"), [("", 0), ("one\ntwo\n", 0), ("one\ntwo\nthree\n", 8)])
def test_of_a_long_log_the_last_lines_are_stored_and_how_much_is_left_out(
    tmp_path: Path, text: str, left_out: int
) -> None:
    (tmp_path / "log").write_text(text)
    content, size, missing = log_so_far(tmp_path / "log", limit=8)
    assert (size, missing) == (len(text), left_out)
    stated, line = split_left_out(content[:MAX_LINE])
    assert (stated, content[line:]) == (left_out, text[left_out:].encode())


def test_a_notebook_that_grows_while_it_is_written_is_written_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    writes, problems = nbformat.v4.writes, iter([RuntimeError("dictionary changed size during iteration")])

    def grows(document: Any) -> str:
        for problem in problems:
            raise problem
        return str(writes(document))

    monkeypatch.setattr(nbformat.v4, "writes", grows)
    content = RunningNotebook(nbformat.v4.new_notebook()).content()
    assert content is not None
    assert nbformat.reads(content.decode(), 4).cells == []


@pytest.mark.parametrize(("text", "seconds"), [("3", 3.0), ("", INTERVAL), ("0", INTERVAL), ("x", INTERVAL)])
def test_the_interval_is_ten_seconds_or_what_the_environment_says(text: str, seconds: float) -> None:
    assert interval_of({life_signs.VARIABLE: text}) == seconds
