"""docs/catalogs.md says what there is."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from elyra_neurodesk.catalogs.loader import components, script

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "catalogs.md").read_text("utf-8")


def test_the_table_of_nodes_is_up_to_date() -> None:
    generated = runpy.run_path(str(DOCS / "catalog_table.py"))
    assert generated["with_table"](PAGE) == PAGE, "run: python docs/catalog_table.py"


def test_every_code_that_a_step_can_fail_with_is_explained() -> None:
    names = {component.source.get("script", "step") for component in components().values()}
    codes = {code for name in names for code in re.findall(r"\bfail ([0-8]) ", script(name))}
    (sentence,) = re.findall(r"`ND-STEP-`.*?\n\n", PAGE, re.DOTALL)
    assert codes
    assert {f"00{code}" for code in codes} == set(re.findall(r"\(?\b(00\d)\b", sentence))
