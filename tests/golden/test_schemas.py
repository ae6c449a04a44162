"""Records, runtime configurations and catalogs keep their schemas."""

from __future__ import annotations

from tests.golden.compare import assert_golden
from tests.golden.conftest import Made


def test_schemas_of_records_runtimes_and_catalogs_are_the_stored_ones(made: Made) -> None:
    assert_golden("schemas", made("schemas"))
