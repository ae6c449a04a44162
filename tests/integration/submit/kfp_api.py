"""A KFP API that does what is asked, except where a test says otherwise."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.integration.runs.servers import Reply, Request, healthy, serving_requests

Json = dict[str, Any]
BASE = "/apis/v2beta1"


@dataclass
class Fault:
    """What happens instead of one answer.

    Attributes:
        reply: the answer.
        done: whether the API has done what it was asked for all the same.
        later: seconds after which it does, when not at once.
    """

    reply: Reply
    done: bool = False
    later: float = 0


@dataclass
class KfpApi:
    """What a KFP API keeps, and how it fails.

    Attributes:
        things: pipelines, versions, experiments and runs, in their order of making.
        faults: by the name of a call, what happens to its first, second, … time; then all is well.
        calls: how often each call was made.
    """

    things: dict[str, list[Json]] = field(
        default_factory=lambda: {"pipelines": [], "pipeline_versions": [], "experiments": [], "runs": []}
    )
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    url: str = ""
    _lock: Lock = field(default_factory=Lock)

    @property
    def runs(self) -> list[Json]:
        return self.things["runs"]

    def answer(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        path = parts.path.removeprefix(BASE).strip("/")
        name = self._call(request.method, path)
        with self._lock:
            self.calls[name] += 1
            fault = self.faults[name].pop(0) if self.faults.get(name) else None
        if fault is None:
            return self._act(name, path, query, request.body)
        if fault.done:
            self._act(name, path, query, request.body)
        elif fault.later:
            Timer(fault.later, self._act, (name, path, query, request.body)).start()
        return fault.reply

    def _call(self, method: str, path: str) -> str:
        if path == "healthz":
            return "health"
        if path.startswith("pipelines/upload"):
            return path.removeprefix("pipelines/").replace(
                "upload", "upload_pipeline", path.endswith("upload")
            )
        if method == "DELETE":
            return "delete_version" if "/versions/" in path else "delete_pipeline"
        kind = "pipeline_versions" if path.endswith("/versions") else path
        return f"{'find' if method == 'GET' else 'create'}_{kind.removesuffix('s')}"

    def _act(self, name: str, path: str, query: Json, body: bytes) -> Reply:
        if name == "health":
            return healthy()
        verb, _, kind = name.partition("_")
        if verb == "find" and f"{kind}s" in self.things:
            return self._find(f"{kind}s", path, query)
        if name == "upload_pipeline":
            answer = self._make("pipelines", "pipeline_id", {"display_name": query["name"]}, unique=True)
            if answer.status == 200:
                version = {"display_name": query["name"], "pipeline_id": answer.content["pipeline_id"]}
                self._make("pipeline_versions", "pipeline_version_id", version)
            return answer
        if name == "upload_version":
            version = {"display_name": query["name"], "pipeline_id": query["pipelineid"]}
            return self._make("pipeline_versions", "pipeline_version_id", version, unique=True)
        if verb == "delete":
            wanted = path.rpartition("/")[2]
            for key, things in (("pipeline_version_id", "pipeline_versions"), ("pipeline_id", "pipelines")):
                if key.startswith(f"pipeline_{kind}" if kind == "version" else "pipeline_id"):
                    self.things[things] = [one for one in self.things[things] if one[key] != wanted]
            return Reply(content={})
        if name == "create_experiment":
            return self._make("experiments", "experiment_id", json.loads(body), unique=True)
        if name == "create_run":
            return self._make("runs", "run_id", json.loads(body))
        return Reply(404, {"message": f"no {path}"})

    def _find(self, kind: str, path: str, query: Json) -> Reply:
        found = self.things[kind]
        if kind == "pipeline_versions":
            found = [thing for thing in found if thing["pipeline_id"] == path.split("/")[1]]
        for predicate in json.loads(query.get("filter") or "{}").get("predicates", ()):
            found = [thing for thing in found if thing[predicate["key"]] == predicate["stringValue"]]
        return Reply(content={kind: found, "total_size": len(found)} if found else {})

    def _make(self, kind: str, key: str, content: Json, unique: bool = False) -> Reply:
        with self._lock:
            made = self.things[kind]
            same = [thing for thing in made if thing["display_name"] == content["display_name"]]
            if unique and same:
                return Reply(409, {"message": f"{content['display_name']} exists"})
            made.append({key: f"{kind}-{len(made) + 1}", **content})
            return Reply(content=made[-1])


@contextmanager
def running_kfp_api(**faults: list[Fault]) -> Iterator[KfpApi]:
    """Run an API with these faults until the block ends."""
    api = KfpApi(faults=faults)
    with serving_requests(api.answer) as server:
        api.url = server.url
        yield api
