"""Set the image pull policy and pull secret that Elyra's runtime images name for the task's image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task


def add_image_pull(task: Task, context: SubmissionContext) -> Task:
    """Return the task with ``imagePullPolicy`` and ``imagePullSecret`` where its image is a runtime image."""
    return replace(task, platform={**task.platform, **image_pull_config(task.image, context.runtime_images)})


def image_pull_config(image: str, runtime_images: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return JSON of KubernetesExecutorConfig with the pull policy and pull secret of ``image``.

    Several runtime images may name the same image; the first that has a value wins.

    Args:
        image: the image of a task.
        runtime_images: ``metadata`` objects of the schemaspace ``runtime-images``.
    """
    same = [known for known in runtime_images if known.get("image_name") == image]
    policy = next((known["pull_policy"] for known in same if known.get("pull_policy")), None)
    secret = next((known["pull_secret"] for known in same if known.get("pull_secret")), None)
    config: dict[str, Any] = {"imagePullPolicy": policy} if policy else {}
    if secret:
        config["imagePullSecret"] = [{"secretName": secret}]
    return config
