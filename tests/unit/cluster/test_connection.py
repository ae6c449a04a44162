"""The cluster is the one that the kubeconfig's context names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from elyra_neurodesk.cluster.connection import NoKubeconfig, UnknownContext, connect

Write = Callable[..., Path]


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes a kubeconfig with these contexts; the first is the current one."""
    path = tmp_path / "kubeconfig"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    def write(*names: str) -> Path:
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": names[0],
                    "contexts": [
                        {"name": name, "context": {"cluster": name, "user": "ana"}} for name in names
                    ],
                    "clusters": [
                        {"name": name, "cluster": {"server": f"https://{name}.invalid:6443"}}
                        for name in names
                    ],
                    "users": [{"name": "ana", "user": {"token": "secret"}}],
                }
            )
        )
        return path

    return write


def test_without_a_name_it_is_the_current_context(kubeconfig: Write) -> None:
    kubeconfig("minikube", "lab")
    assert connect().configuration.host == "https://minikube.invalid:6443"


def test_a_name_chooses_the_context(kubeconfig: Write) -> None:
    kubeconfig("minikube", "lab")
    assert connect("lab").configuration.host == "https://lab.invalid:6443"


def test_a_context_that_is_not_there_is_refused_with_those_that_are(kubeconfig: Write) -> None:
    kubeconfig("minikube", "lab")
    with pytest.raises(UnknownContext, match=r"no context prod.* It has: minikube, lab"):
        connect("prod")


@pytest.mark.usefixtures("kubeconfig")
@pytest.mark.parametrize("context", ["", "lab"])
def test_without_a_kubeconfig_it_says_where_one_belongs(context: str) -> None:
    with pytest.raises(NoKubeconfig, match="KUBECONFIG"):
        connect(context)
