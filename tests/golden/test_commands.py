"""Commands say and return what they said and returned."""

from __future__ import annotations

from tests.golden.compare import assert_golden
from tests.golden.conftest import Made


def test_help_exit_statuses_and_errors_of_commands_are_the_stored_ones(made: Made) -> None:
    assert_golden("commands", made("commands"))
