"""The pipeline editor offers what it offered."""

from __future__ import annotations

from tests.golden.compare import assert_golden
from tests.golden.conftest import Made


def test_palette_and_properties_of_the_editor_are_the_stored_ones(made: Made) -> None:
    assert_golden("editor", made("editor"))
