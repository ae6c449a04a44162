"""Logs are followed without being kept in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from elyra_neurodesk.record.log_so_far import left_out_line
from elyra_neurodesk.runs import logs
from elyra_neurodesk.runs.logs import GrowingLog, LastLines, follow_logs
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


def reader(content: bytes | None, size: int = 3) -> logs.Read:
    """Return what reads a log in pieces of ``size`` bytes."""

    def read(begin: int, end: int | None, write: logs.Write) -> bool:
        part = (content or b"")[begin:end]
        for start in range(0, len(part), size):
            write(part[start : start + size])
        return content is not None

    return read


@pytest.mark.parametrize("size", [1, 3, 100])
def test_only_what_is_new_is_passed_on(size: int) -> None:
    log, got = GrowingLog(), bytearray()
    for content in (None, b"", b"one\n", b"one\n", b"one\ntwo", b"one\ntwo\nthree\n"):
        log.pass_on_new(reader(content, size), got.extend)
        assert bytes(got) == (content or b"")


@pytest.mark.parametrize("other", [b"ONE\ntwo\n", b"on", b"", b"one\nTWO", b"xone\ntwo\n"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_log_that_is_not_the_continuation_comes_again_as_a_whole(other: bytes, size: int) -> None:
    log, got = GrowingLog(), bytearray()
    log.pass_on_new(reader(b"one\ntwo", size), got.extend)
    log.pass_on_new(reader(other, size), got.extend)
    assert bytes(got) == b"one\ntwo" + other
    log.pass_on_new(reader(other + b"more", size), got.extend)
    assert bytes(got) == b"one\ntwo" + other + b"more"


def test_a_log_that_is_gone_for_a_moment_is_not_repeated() -> None:
    log, got = GrowingLog(), bytearray()
    for content in (b"one\n", None, b"one\ntwo\n"):
        log.pass_on_new(reader(content), got.extend)
    assert bytes(got) == b"one\ntwo\n"


def test_of_a_log_whose_beginning_is_left_out_only_what_is_new_is_passed_on() -> None:
    log, got = GrowingLog(), bytearray()
    whole = b"one\ntwo\nthree\nfour\n"
    for content in (
        whole[:8],
        left_out_line(4) + whole[4:14],
        left_out_line(8) + whole[8:],
        whole + b"five\n",
    ):
        log.pass_on_new(reader(content, 1000), got.extend)
    assert bytes(got) == whole + b"five\n"


def test_what_was_left_out_before_it_could_be_passed_on_is_said() -> None:
    log, got = GrowingLog(), bytearray()
    log.pass_on_new(reader(b"one\n", 1000), got.extend)
    log.pass_on_new(reader(left_out_line(8) + b"three\n", 1000), got.extend)
    log.pass_on_new(reader(left_out_line(8) + b"three\nfour\n", 1000), got.extend)
    assert bytes(got) == b"one\n" + left_out_line(8) + b"three\nfour\n"


def test_a_log_that_is_met_late_comes_whole_when_it_is_whole() -> None:
    log, got = GrowingLog(), bytearray()
    end = left_out_line(4) + b"two\n"
    log.pass_on_new(reader(end, 1000), got.extend)
    log.pass_on_new(reader(end + b"three\n", 1000), got.extend)
    assert bytes(got) == end + b"three\n"
    log.pass_on_new(reader(b"one\ntwo\nthree\n", 1000), got.extend)
    assert bytes(got) == end + b"three\none\ntwo\nthree\n"


def test_of_a_log_that_grows_little_more_is_read_than_what_is_new() -> None:
    log, got, asked = GrowingLog(), bytearray(), 0
    whole = b"".join(b"line %d of a long log\n" % number for number in range(200_000))

    def counted(content: bytes) -> logs.Read:
        def read(begin: int, end: int | None, write: logs.Write) -> bool:
            def count(piece: bytes) -> None:
                nonlocal asked
                asked += len(piece)
                write(piece)

            return reader(content, 1 << 16)(begin, end, count)

        return read

    limit, step = 4 << 20, 100_000
    for length in range(step, len(whole) + 1, step):
        left_out = max(0, length - limit)
        so_far = (left_out_line(left_out) if left_out else b"") + whole[left_out:length]
        log.pass_on_new(counted(so_far), got.extend)
    assert bytes(got) == whole[: len(got)]
    assert len(got) > limit
    assert asked < 1.06 * len(got)


@pytest.mark.parametrize("times", [1, 2])
def test_a_log_that_is_replaced_between_two_reads_is_not_repeated(times: int) -> None:
    log, got = GrowingLog(), bytearray()
    whole = b"one\ntwo\nthree\nfour\n"
    states = iter([left_out_line(4) + whole[4:14], *[left_out_line(8) + whole[8:]] * 9])
    log.pass_on_new(reader(whole[:8]), got.extend)
    current = next(states)

    def read(begin: int, end: int | None, write: logs.Write) -> bool:
        nonlocal current, times
        done = reader(current)(begin, end, write)
        if end is not None and times:
            times -= 1
            current = next(states)
        return done

    log.pass_on_new(read, got.extend)
    assert bytes(got) == whole


def test_a_log_of_another_attempt_that_is_as_long_comes_whole() -> None:
    log, got = GrowingLog(), bytearray()
    first, second = b"neurodesk: begin 1\n" * 1000, b"neurodesk: begin 2\n" * 2000
    log.pass_on_new(reader(first, 1000), got.extend)
    log.pass_on_new(reader(second, 1000), got.extend)
    assert bytes(got) == first + second


def test_a_task_is_read_once_more_after_its_end_and_then_no_more() -> None:
    texts = {"a": iter([b"1", b"12", b"123"]), "b": iter([b"x"])}
    got: list[tuple[str, bytes]] = []
    known: dict[str, GrowingLog] = {}

    def pass_on_new(task: TaskSummary, write: logs.Write) -> None:
        known.setdefault(task.name, GrowingLog()).pass_on_new(reader(next(texts[task.name])), write)

    def snapshots() -> Iterator[RunSummary]:
        for a, b in (("RUNNING", "PENDING"), ("SUCCEEDED", "PENDING"), ("SUCCEEDED", "FAILED")):
            yield RunSummary("r", "r", "RUNNING", tasks=(TaskSummary("a", "a", a), TaskSummary("b", "b", b)))

    follow_logs(
        snapshots(),
        lambda summary: summary.tasks,
        pass_on_new,
        lambda task, piece: got.append((task.name, piece)),
    )
    assert got == [("a", b"1"), ("a", b"2"), ("b", b"x")]


@pytest.mark.parametrize(
    ("content", "count", "expected"),
    [
        (b"", 2, b""),
        (b"one", 2, b"one"),
        (b"one\n", 1, b"one\n"),
        (b"one\ntwo", 1, b"two"),
        (b"one\ntwo\n", 1, b"two\n"),
        (b"one\ntwo\nthree\n", 2, b"two\nthree\n"),
        (b"one\n\n", 1, b"\n"),
        (b"one\ntwo\n", 9, b"one\ntwo\n"),
    ],
)
def test_the_last_lines_are_kept(content: bytes, count: int, expected: bytes) -> None:
    last = LastLines(count)
    reader(content)(0, None, last.add)
    assert last.text() == expected


def test_lines_without_an_end_are_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_TAIL_BYTES", 10)
    last = LastLines(2)
    for _ in range(100):
        last.add(b"abc")
        assert len(last._kept) <= 23
    assert last.text() == b"cabcabcabc"
