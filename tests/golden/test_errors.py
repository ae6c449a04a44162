"""Every error keeps its code, its exit status and its hint."""

from __future__ import annotations

from tests.golden.compare import assert_golden
from tests.golden.conftest import Made


def test_codes_exit_statuses_and_hints_of_errors_are_the_stored_ones(made: Made) -> None:
    assert_golden("errors", made("errors"))
