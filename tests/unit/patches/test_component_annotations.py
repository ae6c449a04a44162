"""What a component asks for by annotations."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.component_annotations import apply_component_annotations
from elyra_neurodesk.settings import SecretReference
from tests.support.contexts import context

CONTEXT = context(pipeline="p-dir", secret=SecretReference("object-store"))


def task(annotations: Any) -> Task:
    return Task("t", "T", component=yaml.safe_dump({"name": "c", "metadata": {"annotations": annotations}}))


def test_a_component_that_asks_for_the_store_gets_its_address_and_the_credentials_by_reference() -> None:
    made = apply_component_annotations(task({"neurodesk.org/object-store": "run"}), CONTEXT)
    assert made.env == {
        "NEURODESK_STORE_ENDPOINT": "http://store:9000",
        "NEURODESK_STORE_BUCKET": "bucket",
        "NEURODESK_STORE_PREFIX": "a/prefix/p-dir",
        "AWS_REGION": "us-east-1",
    }
    (reference,) = made.platform["secretAsEnv"]
    assert reference["secretName"] == "object-store"
    assert [entry["envVar"] for entry in reference["keyToEnv"]] == [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ]
    assert made.caching is None


def test_a_component_that_asks_not_to_be_cached_is_not() -> None:
    made = apply_component_annotations(task({"neurodesk.org/cache": "off"}), CONTEXT)
    assert (made.caching, made.env, made.platform) == (False, {}, {})


@pytest.mark.parametrize(
    "annotations",
    [None, {}, ["neurodesk.org/cache"], {"neurodesk.org/cache": "on"}, {"other": "neurodesk.org/"}],
)
def test_other_components_are_left_as_they_are(annotations: Any) -> None:
    assert apply_component_annotations(task(annotations), CONTEXT) == task(annotations)


def test_a_generic_task_has_no_component_to_ask() -> None:
    assert apply_component_annotations(Task("t", "T"), CONTEXT) == Task("t", "T")
