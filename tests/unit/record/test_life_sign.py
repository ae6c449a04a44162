"""A task's sign of life: from JSON and back, how old it is, and which attempt it is of."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from elyra_neurodesk.record.codec import from_json, to_bytes, to_json
from elyra_neurodesk.record.life_sign import LifeSign
from elyra_neurodesk.record.schemas import record_validator
from elyra_neurodesk.record.task_record import read_life_sign
from tests.support.records import BEGIN, as_file, file_so_far, life_sign, read_task_record


def test_a_sign_of_life_is_read_with_all_that_is_in_it() -> None:
    written = life_sign(
        state="ended",
        exit_status=1,
        error={"code": "ND-RUN-001", "message": "a.ipynb, cell 3: KeyError.", "hint": ""},
        log=file_so_far("a.log", left_out=7),
        notebook=file_so_far("a.ipynb"),
    )
    sign = read_life_sign(as_file(written))
    assert sign is not None
    assert sign.ended
    assert json.loads(to_bytes(sign)) == to_json(sign) == written


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        as_file({**life_sign(), "surprise": 1}),
        as_file({**life_sign(), "state": "asleep"}),
        as_file({**life_sign(), "updated": "yesterday"}),
        as_file({**life_sign(), "log": {"key": "k"}}),
    ],
)
def test_what_is_no_sign_of_life_is_not_read(content: bytes) -> None:
    assert read_life_sign(content) is None


def test_it_says_for_how_long_nothing_was_heard() -> None:
    sign = from_json(LifeSign, life_sign(updated="2026-11-22T12:00:30.500Z"))
    assert sign.silent_for(BEGIN + timedelta(seconds=100)) == 69.5


@pytest.mark.parametrize(
    ("started", "later"), [("2026-11-22T12:00:00.000Z", False), ("2026-11-22T12:00:05.001Z", True)]
)
def test_a_record_from_before_the_tasks_start_is_of_an_earlier_attempt(started: str, later: bool) -> None:
    record = read_task_record(started="2026-11-22T12:00:00.000Z", finished="2026-11-22T12:00:05.000Z")
    assert from_json(LifeSign, life_sign(started=started)).is_later_than(record) is later


def test_an_error_is_the_one_of_a_task_record() -> None:
    validator = record_validator("life-sign")
    assert validator.is_valid(life_sign(error={"code": "ND-RUN-001", "message": "", "hint": ""}))
    assert not validator.is_valid({**life_sign(), "error": {"code": "RUN", "message": "", "hint": ""}})
