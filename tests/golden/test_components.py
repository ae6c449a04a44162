"""The steps of the catalog of Neurodesk's tools keep their components."""

from __future__ import annotations

from tests.golden.compare import assert_golden
from tests.golden.conftest import Made


def test_components_of_all_steps_are_the_stored_ones(made: Made) -> None:
    assert_golden("components", made("components"))
