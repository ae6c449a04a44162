"""Objects of a cluster as JSON: read, applied under our field manager, deleted.

Answers are read as JSON and not as models of the client: it takes a fraction of the time, and objects of any
version and any kind can be read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.run_pods import ClusterUnreachable
from elyra_neurodesk.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubernetes.client import ApiClient
    from kubernetes.dynamic import DynamicClient
    from urllib3 import HTTPResponse

Object = dict[str, Any]

FIELD_MANAGER = "elyra-neurodesk"
"""Under this name the API server keeps which fields are ours (server-side apply)."""

MANAGED_BY = "app.kubernetes.io/managed-by"
"""Label of the objects that we made; its value is `FIELD_MANAGER`."""

TIMEOUT = 5.0
"""Seconds to connect, and seconds to wait for an answer."""

_FORBIDDEN = (401, 403)
_NOT_FOUND = 404
_CONFLICT = 409


class KubernetesForbidden(ClusterError):
    """The account of the kubeconfig may not do this in the cluster."""

    code = "ND-CLUSTER-021"
    hint = (
        "Ask the cluster's administrator, or give them the manifests of "
        "`elyra-neurodesk cluster render DIRECTORY`."
    )


class KubernetesRefused(ClusterError):
    """The API server refused an object."""

    code = "ND-CLUSTER-022"
    hint = "Run again with --debug for the whole answer."


class FieldConflict(ClusterError):
    """Someone else has set a field that the set-up would change."""

    code = "ND-CLUSTER-023"
    hint = "Take it over with --force-conflicts, or name another object."


class ObjectNotFound(ClusterError):
    """The object, or its whole kind, is not in the cluster."""

    code = "ND-CLUSTER-024"


@dataclass(frozen=True)
class Reference:
    """Which object.

    Attributes:
        api_version: such as ``storage.k8s.io/v1``.
        kind: such as ``StorageClass``.
        name: of the object.
        namespace: "" for objects of the whole cluster.
    """

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def reference(item: Mapping[str, Any]) -> Reference:
    """Return which object a manifest is of."""
    metadata = item["metadata"]
    return Reference(item["apiVersion"], item["kind"], metadata["name"], metadata.get("namespace", ""))


@dataclass(frozen=True)
class Api:
    """A cluster's API server.

    Attributes:
        client: of the cluster, see `connection.connect`.
        timeout: seconds to connect, and seconds to wait for an answer.
    """

    client: ApiClient
    timeout: float = TIMEOUT

    def get(self, path: str, **query: str) -> Object:
        """Return what is at a path, such as ``/api/v1/namespaces/kubeflow/pods``.

        Raises:
            ClusterUnreachable, KubernetesForbidden, ObjectNotFound, KubernetesRefused.
        """
        return self._json("GET", path, query)

    def post(self, path: str, body: Object, **query: str) -> Object:
        """Create an object at a path, or ask a review, and return the answer; errors as `get`."""
        return self._json("POST", path, query, body)

    def delete_at(self, path: str, **query: str) -> bool:
        """Delete what is at a path; return whether it was there. Errors as `get`."""
        try:
            self._json("DELETE", path, query)
        except ObjectNotFound:
            return False
        return True

    def seconds_ahead(self) -> float:
        """Return by how much the API server's clock is ahead of this machine's (s); errors as `get`."""
        with _translated("/version"):
            date = self._request("GET", "/version", {}).headers["Date"]
        return parsedate_to_datetime(date).timestamp() - time.time()

    def _json(self, method: str, path: str, query: Mapping[str, str], body: Object | None = None) -> Object:
        with _translated(path):
            answer: Object = json.loads(self._request(method, path, query, body).data)
            return answer

    def _request(
        self, method: str, path: str, query: Mapping[str, str], body: Object | None = None
    ) -> HTTPResponse:
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body else {})
        response: HTTPResponse = self.client.call_api(
            path,
            method,
            query_params=list(query.items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
            _preload_content=False,
            _return_http_data_only=True,
            _request_timeout=(self.timeout, self.timeout),
        )
        return response

    def items(self, path: str, **query: str) -> list[Object]:
        """Return the items of a list; see `get`."""
        found: list[Object] = self.get(path, **query).get("items") or []
        return found

    @cached_property
    def _dynamic(self) -> DynamicClient:
        from kubernetes.dynamic import DynamicClient

        # by default what the cluster serves is cached in a file of a name that anyone can guess
        return DynamicClient(self.client, cache_file=str(Path(self._cache.name, "discovery.json")))

    @cached_property
    def _cache(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(prefix="elyra-neurodesk-")

    def read(self, which: Reference) -> Object | None:
        """Return an object, None where it or its kind is not there.

        Raises:
            ClusterUnreachable, KubernetesForbidden, KubernetesRefused.
        """
        try:
            return self._call("get", which)
        except ObjectNotFound:
            return None

    def apply(self, item: Object, dry_run: bool = False, force: bool = False) -> Object:
        """Apply a manifest (server-side apply) and return the object as the API server has it afterwards.

        Args:
            item: the fields that are ours; others stay as they are.
            dry_run: whether the API server only says what would come of it.
            force: whether fields that another field manager has set are taken over.

        Raises:
            ClusterUnreachable, KubernetesForbidden, ObjectNotFound, FieldConflict, KubernetesRefused.
        """
        return self._call(
            "server_side_apply",
            reference(item),
            body=item,
            field_manager=FIELD_MANAGER,
            force_conflicts=force,
            **({"dry_run": "All"} if dry_run else {}),
        )

    def delete(self, which: Reference) -> bool:
        """Delete an object; return whether it was there.

        Raises:
            ClusterUnreachable, KubernetesForbidden, KubernetesRefused.
        """
        try:
            self._call("delete", which)
        except ObjectNotFound:
            return False
        return True

    def create(self, item: Object, dry_run: bool = False) -> Object:
        """Create an object and return it as the API server has it."""
        return self._call("create", reference(item), body=item, **({"dry_run": "All"} if dry_run else {}))

    def _call(self, verb: str, which: Reference, **arguments: Any) -> Object:
        from kubernetes.dynamic.exceptions import ResourceNotFoundError

        with _translated(str(which)):
            try:
                kind = self._dynamic.resources.get(api_version=which.api_version, kind=which.kind)
            except ResourceNotFoundError as problem:
                raise ObjectNotFound(
                    f"the cluster does not know {which.kind} of {which.api_version}."
                ) from problem
            if verb in ("get", "delete", "server_side_apply"):
                arguments["name"] = which.name
            if which.namespace:
                arguments["namespace"] = which.namespace
            answer = getattr(kind, verb)(_request_timeout=(self.timeout, 6 * self.timeout), **arguments)
            found: Object = answer.to_dict()
            return found


@contextmanager
def _translated(what: str) -> Iterator[None]:
    import urllib3.exceptions as wire
    from kubernetes.client import ApiException

    try:
        yield
    except ApiException as problem:
        raise _refusal(what, problem) from problem
    except (wire.HTTPError, OSError) as problem:
        raise ClusterUnreachable(
            f"no answer from the cluster's API server: {one_line(str(problem))}."
        ) from problem


def _refusal(what: str, problem: Any) -> ClusterError:
    text = _said(problem)
    if problem.status in _FORBIDDEN:
        return KubernetesForbidden(f"{what}: {text}.")
    if problem.status == _NOT_FOUND:
        return ObjectNotFound(f"{what} is not in the cluster.")
    if problem.status == _CONFLICT and "conflict" in text.lower():
        return FieldConflict(f"{what}: {text}.")
    return KubernetesRefused(f"{what}: {text}.")


def _said(problem: Any) -> str:
    """Return what the API server says, in one line without a dot at its end."""
    try:
        said = json.loads(problem.body)["message"]
    except (TypeError, ValueError, KeyError):
        said = f"{problem.status} {problem.reason}"
    return one_line(str(said)).rstrip(".")
