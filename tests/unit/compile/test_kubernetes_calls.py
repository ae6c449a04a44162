"""What the exported DSL calls makes the configuration that was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from kfp import components, dsl, kubernetes

from elyra_neurodesk.compile.kubernetes_calls import kubernetes_calls
from tests.support.equivalence import named_once

COMPONENT = "name: t\nimplementation: {container: {image: i, command: [c]}}"

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "pvcMount": {
        "pvcMount": [
            {"constant": "data", "mountPath": "/data", "subPath": "a/b"},
            {"constant": "cvmfs-neurodesk", "mountPath": "/cvmfs/neurodesk.ardc.edu.au"},
        ]
    },
    "emptyDirMounts": {
        "emptyDirMounts": [
            {"volumeName": "shm", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "1G"},
            {"volumeName": "scratch", "mountPath": "/scratch"},
        ]
    },
    "tolerations": {
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, {"value": "x"}]
    },
    "fieldPathAsEnv": {"fieldPathAsEnv": [{"name": "A", "fieldPath": "metadata.name"}]},
    "secretAsEnv": {
        "secretAsEnv": [
            {
                "secretName": "store",
                "keyToEnv": [
                    {"secretKey": "user", "envVar": "AWS_ACCESS_KEY_ID"},
                    {"secretKey": "password", "envVar": "AWS_SECRET_ACCESS_KEY"},
                ],
            },
            {"secretName": "store", "keyToEnv": [{"secretKey": "user", "envVar": "AGAIN"}]},
        ]
    },
    "image pull": {
        "imagePullPolicy": "Always",
        "imagePullSecret": [{"secretName": "one"}, {"secretName": "two"}],
    },
    "podMetadata": {
        "podMetadata": {"labels": {"b": "", "a/b": "c"}, "annotations": {"n": "{{x}} é\n"}},
    },
}


def called(platform: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Call the functions; return the configuration that they make, and what none of them sets."""
    calls, rest = kubernetes_calls(platform)
    made: dict[str, Any] = {}

    @dsl.pipeline  # type: ignore[untyped-decorator]
    def pipeline():  # type: ignore[no-untyped-def]
        task = components.load_component_from_text(COMPONENT)()
        for call in calls:
            module, _, name = call.function.partition(".")
            assert module == "kubernetes"
            getattr(kubernetes, name)(task, **call.arguments)
        made.update(task.platform_config.get("kubernetes", {}))

    return named_once(made), rest


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_functions_make_the_same_configuration(name: str) -> None:
    assert called(CONFIGURATIONS[name]) == (CONFIGURATIONS[name], {})


def test_all_of_them_together_make_the_same_configuration() -> None:
    everything = {key: value for one in CONFIGURATIONS.values() for key, value in one.items()}
    assert called(everything) == (everything, {})


@pytest.mark.parametrize(
    "platform",
    [
        {"initContainers": [{"name": "a", "image": "b"}]},
        {"imagePullPolicy": "Sometimes"},
        {"tolerations": [{"key": "a"}, {"key": "b", "tolerationSeconds": "3"}]},
        {"secretAsEnv": [{"secretName": "s", "keyToEnv": [], "optional": True}]},
        {
            "secretAsEnv": [
                {
                    "secretName": "s",
                    "keyToEnv": [{"secretKey": "k", "envVar": "A"}, {"secretKey": "k", "envVar": "B"}],
                }
            ]
        },
    ],
)
def test_a_field_that_no_function_sets_exactly_is_left_whole(platform: dict[str, Any]) -> None:
    assert called(platform) == ({}, platform)
