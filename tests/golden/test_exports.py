"""Pipelines compile to what they compiled to, as KFP packages and as Python DSL."""

from __future__ import annotations

from tests.golden.compare import assert_golden
from tests.golden.conftest import Made


def test_pipelines_compile_to_the_stored_packages_and_programs(made: Made) -> None:
    assert_golden("exports", made("exports"))
