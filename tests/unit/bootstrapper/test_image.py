"""The container image, as far as anyone tells it."""

from __future__ import annotations

from elyra_neurodesk.bootstrapper.image import find
from elyra_neurodesk.record.model import Image

PINNED = f"example.org/neurodesktop:2026-09-23@sha256:{'0' * 64}"


def test_a_pinned_reference_has_a_digest_and_a_tag_has_none() -> None:
    assert find({"NEURODESK_IMAGE": PINNED}) == Image(PINNED, f"sha256:{'0' * 64}")
    assert find({"NEURODESK_IMAGE": "x/y:1"}) == Image("x/y:1", None)
    assert find({"NEURODESK_IMAGE": "x/y@sha256:12"}) == Image("x/y@sha256:12", None)


def test_without_a_name_no_image_is_known() -> None:
    assert find({}) is None
    assert find({"NEURODESK_IMAGE": ""}) is None


def test_a_task_that_the_embedded_backend_runs_does_not_claim_an_image() -> None:
    from elyra_neurodesk.backend.pod.environment import MARK

    found = find({"NEURODESK_IMAGE": "x/y:1", MARK: "/somewhere"})
    assert found is not None
    assert not found.used
