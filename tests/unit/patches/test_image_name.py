"""A notebook task knows its image."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.patches.image_name import add_image_name
from tests.support.contexts import CATALOG, NOTEBOOK, context


def test_a_notebook_task_gets_a_variable_with_its_image() -> None:
    assert add_image_name(NOTEBOOK, context()) == replace(NOTEBOOK, env={"NEURODESK_IMAGE": "img", "A": "1"})


def test_a_catalog_task_is_left_alone() -> None:
    assert add_image_name(CATALOG, context()) == CATALOG
