"""The paths of the Kubernetes API that commands about runs ask, answered from recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.runs.servers import Reply, Request, Server, serving_requests

Json = dict[str, Any]
WORKFLOWS = "/apis/argoproj.io/v1alpha1/namespaces/kubeflow/workflows"
CORE = "/api/v1/namespaces/kubeflow"


@dataclass
class Cluster:
    """What the API answers with.

    Attributes:
        denied: collections that the account may not read.
        logs: the logs of pods, by their names.
        page: objects in an answer at most, whatever limit is asked for.
    """

    pods: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    workflows: list[Json] = field(default_factory=list)
    denied: frozenset[str] = frozenset()
    logs: dict[str, str] = field(default_factory=dict)
    page: int = 500

    def answer(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        kind = parts.path.rpartition("/")[2]
        if kind in self.denied:
            return Reply(403, {"kind": "Status", "code": 403, "message": "pods is forbidden"})
        if kind == "log":
            name = parts.path.split("/")[-2]
            return (
                Reply(content=self.logs[name].encode(), kind="text/plain")
                if name in self.logs
                else Reply(404)
            )
        collections = {f"{CORE}/pods": self.pods, f"{CORE}/events": self.events, WORKFLOWS: self.workflows}
        if parts.path not in collections:
            return Reply(404, {"kind": "Status", "code": 404})
        found = [one for one in collections[parts.path] if _selected(one, query)]
        begin = int(query.get("continue") or 0)
        end = begin + min(self.page, int(query.get("limit") or self.page))
        more = str(end) if end < len(found) else ""
        return Reply(content={"metadata": {"continue": more}, "items": found[begin:end]})


def _selected(one: Json, query: dict[str, str]) -> bool:
    label, _, value = query.get("labelSelector", "").partition("=")
    if label and one["metadata"].get("labels", {}).get(label) != value:
        return False
    selector, _, value = query.get("fieldSelector", "").partition("=")
    return not selector or one["involvedObject"]["name"] == value


@contextmanager
def serving_cluster(cluster: Cluster) -> Iterator[Server]:
    with serving_requests(cluster.answer) as server:
        yield server


def kubeconfig(path: Path, server: str, context: str = "lab") -> Path:
    """Write a kubeconfig with one context; JSON is YAML, too."""
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": context,
                "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": {"token": "secret"}}],
            }
        )
    )
    return path
