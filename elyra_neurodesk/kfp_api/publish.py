"""A compiled pipeline to KFP: pipeline, version, experiment, run."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import kfp_server_api
import yaml

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api.connection import Connection, reason, translate_errors
from elyra_neurodesk.kfp_api.errors import NotAKfpApi
from elyra_neurodesk.kfp_api.idempotent import UNKNOWN_FIELD, OutcomeUnknown, create_if_absent
from elyra_neurodesk.names import ASTRAL, storable
from elyra_neurodesk.network import root_text

# KFP keeps names in columns of 128 characters; a version's name adds 30 to the pipeline's
NAME_LIMIT = 96
# as it is, or as YAML escapes it
_MAYBE_ASTRAL = re.compile(ASTRAL.pattern + r"|\\U000[1-9a-fA-F]|\\U0010")

_REFUSALS = (400, 403, 404, 422)
"""Statuses that say that nothing was made; 409 is not one, a run of that name may be there."""


class SubmissionRefused(NeurodeskError):
    """KFP refused the pipeline, the experiment or the run."""

    code = "ND-SUBMIT-001"
    hint = "Check the namespace and the endpoint's path in the runtime configuration."


class InitContainersUnknown(NeurodeskError):
    """The cluster's KFP does not know init containers: it is older than 2.18."""

    code = "ND-SUBMIT-020"
    hint = (
        "Set Sidecar Delivery in the runtime configuration to `auto` or `admission`, or to `off` (the task "
        "waits for CVMFS itself), and submit again."
    )


class TextNotStorable(NeurodeskError):
    """A value has a character that KFP's database cannot store."""

    code = "ND-SUBMIT-021"
    hint = "Leave the character out, or put the value into a file that the notebook reads."


class SubmissionUnclear(NeurodeskError):
    """The connection to KFP was lost while it was asked to start a run, and no such run is seen (yet)."""

    code = "ND-SUBMIT-002"
    hint = "Look for it with `elyra-neurodesk runs list` before you submit again."


@dataclass(frozen=True)
class PublishedRun:
    """A run that KFP has accepted."""

    run_id: str
    name: str
    pipeline_id: str
    version_id: str


def publish(
    connection: Connection,
    package: str,
    name: str,
    description: str,
    experiment: str,
    parameters: Mapping[str, Any] | None = None,
) -> PublishedRun:
    """Upload a package as a new version of the pipeline ``name`` and start one run of it.

    Whatever happens to the calls' answers, there is at most one run. When there is none, the message says
    what of the pipeline KFP has already.

    Args:
        connection: KFP's API.
        package: what `package_text` returned.
        name: the pipeline's name, any text.
        description: shown on the pipeline's page.
        experiment: the experiment's name.
        parameters: values of the pipeline's parameters, so that the run shows them.

    Raises:
        TextNotStorable: a value would make KFP fail after it has started the run.
        InitContainersUnknown: the pipeline has the sidecar, and KFP is too old for it.
        SubmissionRefused: KFP says no.
        SubmissionUnclear: KFP does not say whether it did what it was asked for.
        ApiError: KFP cannot be reached, fails or denies access.
    """
    if not connection.config.stores_in_directory:  # the embedded backend stores any text
        if _MAYBE_ASTRAL.search(package):  # to read a large package takes a while
            for document in yaml.safe_load_all(package):
                _check_storable(document, "pipeline")
        _check_storable(parameters or {}, "parameters")
    title = storable(shortened(name))
    description, experiment = storable(description), storable(experiment)
    # a random tail: ten submissions in the same second stay ten, and a run can be found by its name alone
    stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
    run_name = f"{title}-{stamp}"
    publisher = _Publisher(connection)
    with (
        TemporaryDirectory(prefix="elyra-neurodesk-") as folder,
        _translate_errors(connection, f"pipeline '{title}'"),
    ):
        # KFP takes the file's name into a column of 100 characters
        path = Path(folder, "pipeline.yaml")
        path.write_text(package, "utf-8")
        version = publisher.new_version(path, title, run_name, description)
    uploaded = _Uploaded(publisher, version, title)
    with (
        _translate_errors(connection, f"experiment '{experiment}'", uploaded),
        uploaded.kept_unless_refused(),
    ):
        experiment_id = publisher.experiment(shortened(experiment))
    with _translate_errors(connection, f"run '{run_name}'", uploaded), uploaded.kept_unless_refused():
        run_id = publisher.run(run_name, experiment_id, version, parameters or {})
    return PublishedRun(run_id, run_name, version.pipeline_id, version.pipeline_version_id)


@dataclass
class _Uploaded:
    """A version that was uploaded for a run; as text, what KFP has of it.

    Attributes:
        publisher: uploaded it.
        version: KFP's.
        title: the pipeline's name.
        removed: whether it was removed again.
    """

    publisher: _Publisher
    version: Any
    title: str
    removed: bool = False

    def __str__(self) -> str:
        name = f"Version '{self.version.display_name}' of pipeline '{self.title}' was uploaded"
        return f"{name}, and removed again." if self.removed else f"{name}."

    @contextlib.contextmanager
    def kept_unless_refused(self) -> Iterator[None]:
        """Remove the version when KFP refuses what the block asks for: nothing was started with it."""
        try:
            yield
        except kfp_server_api.ApiException as problem:
            if problem.status in _REFUSALS:
                with contextlib.suppress(Exception):  # the refusal is what counts
                    self.publisher.remove(self.version)
                    self.removed = True
            raise


@dataclass(frozen=True)
class _Publisher:
    connection: Connection

    def new_version(self, path: Path, title: str, name: str, description: str) -> Any:
        """Upload the package as the pipeline's first version, or as a further one."""
        pipeline_id = self._pipeline_id(title)
        if pipeline_id is None:
            made: list[str] = []

            def create() -> str:
                options = {"description": description, **self._namespace()}
                answer = self.connection.call(self._uploads.upload_pipeline, str(path), name=title, **options)
                made.append(self._checked(answer, "pipeline_id"))
                return made[0]

            pipeline_id = create_if_absent(create, lambda: self._pipeline_id(title), unique=True)
            if made:
                return self._first_version(pipeline_id)
            # a submission beside this one was first, or our own try whose answer was lost
        return create_if_absent(
            lambda: self._upload_version(path, name, pipeline_id),
            lambda: self._version(pipeline_id, name),
            unique=True,
        )

    def remove(self, version: Any) -> None:
        """Remove a version, and its pipeline when that was the only one."""
        pipelines, pipeline_id = self._pipelines, version.pipeline_id
        self.connection.call(
            pipelines.pipeline_service_delete_pipeline_version, pipeline_id, version.pipeline_version_id
        )
        listed = pipelines.pipeline_service_list_pipeline_versions
        if not self.connection.call(listed, pipeline_id, page_size=1).pipeline_versions:
            self.connection.call(pipelines.pipeline_service_delete_pipeline, pipeline_id)

    def experiment(self, name: str) -> str:
        """Return the id of the experiment ``name``, made if there is none."""
        service = kfp_server_api.ExperimentServiceApi(self.connection.api_client)
        wanted = kfp_server_api.V2beta1Experiment(
            display_name=name, namespace=self.connection.config.namespace
        )

        def find() -> str | None:
            options = {"filter": _named(name), **self._namespace()}
            found = self.connection.call(service.experiment_service_list_experiments, **options).experiments
            return found[0].experiment_id if found else None

        def create() -> str:
            answer = self.connection.call(service.experiment_service_create_experiment, experiment=wanted)
            return self._checked(answer, "experiment_id")

        return find() or create_if_absent(create, find, unique=True)

    def run(self, name: str, experiment_id: str, version: Any, parameters: Mapping[str, Any]) -> str:
        """Start a run and return its id; ``name`` must be one that no other run has."""
        service = kfp_server_api.RunServiceApi(self.connection.api_client)
        wanted = kfp_server_api.V2beta1Run(
            experiment_id=experiment_id,
            display_name=name,
            pipeline_version_reference=kfp_server_api.V2beta1PipelineVersionReference(
                pipeline_id=version.pipeline_id, pipeline_version_id=version.pipeline_version_id
            ),
            runtime_config=kfp_server_api.V2beta1RuntimeConfig(parameters=dict(parameters)),
        )

        def find() -> str | None:
            options = {"experiment_id": experiment_id, "filter": _named(name)}
            found = self.connection.call(service.run_service_list_runs, **options).runs
            return next((run.run_id for run in found or () if run.display_name == name), None)

        def create() -> str:
            answer = self.connection.call(service.run_service_create_run, run=wanted)
            return self._checked(answer, "run_id")

        return create_if_absent(create, find, unique=False)

    @property
    def _uploads(self) -> Any:
        return kfp_server_api.PipelineUploadServiceApi(self.connection.api_client)

    @property
    def _pipelines(self) -> Any:
        return kfp_server_api.PipelineServiceApi(self.connection.api_client)

    def _namespace(self) -> dict[str, str]:
        namespace = self.connection.config.namespace
        return {"namespace": namespace} if namespace else {}

    def _pipeline_id(self, title: str) -> str | None:
        options = {"filter": _named(title), **self._namespace()}
        found = self.connection.call(self._pipelines.pipeline_service_list_pipelines, **options).pipelines
        return found[0].pipeline_id if found else None

    def _first_version(self, pipeline_id: str) -> Any:
        listed = self._pipelines.pipeline_service_list_pipeline_versions
        options = {"page_size": 1, "sort_by": "created_at asc"}
        found = self.connection.call(listed, pipeline_id, **options).pipeline_versions
        if not found:
            raise NotAKfpApi(f"{self.connection.endpoint} made a pipeline without a version.")
        return found[0]

    def _version(self, pipeline_id: str, name: str) -> Any:
        listed = self._pipelines.pipeline_service_list_pipeline_versions
        found = self.connection.call(listed, pipeline_id, filter=_named(name)).pipeline_versions
        return found[0] if found else None

    def _upload_version(self, path: Path, name: str, pipeline_id: str) -> Any:
        upload = self._uploads.upload_pipeline_version
        answer = self.connection.call(upload, str(path), name=name, pipelineid=pipeline_id)
        self._checked(answer, "pipeline_version_id")
        return answer

    def _checked(self, answer: Any, field: str) -> str:
        value = getattr(answer, field)
        if not value:
            raise NotAKfpApi(f"{self.connection.endpoint} answered without {field}.")
        return str(value)


def shortened(name: str) -> str:
    """Return ``name``, cut to KFP's limit with a hash of the whole when it is longer."""
    if len(name) <= NAME_LIMIT:
        return name
    return f"{name[: NAME_LIMIT - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _named(name: str) -> str:
    """Return KFP's filter for things of this name (backend/api/v2beta1/filter.proto; 1 is EQUALS)."""
    return json.dumps({"predicates": [{"operation": 1, "key": "display_name", "stringValue": name}]})


def _check_storable(values: Any, where: str) -> None:
    """Check that no text in JSON-like data has a character beyond U+FFFF.

    Raises:
        TextNotStorable: one has, named with its place.
    """
    if isinstance(values, Mapping):
        for key, value in values.items():
            _check_storable(key, where)
            _check_storable(value, f"{where}.{key}")
    elif isinstance(values, list):
        for number, value in enumerate(values):
            _check_storable(value, f"{where}[{number}]")
    elif isinstance(values, str) and (found := ASTRAL.search(values)):
        raise TextNotStorable(
            f"Kubeflow Pipelines cannot store '{found[0]}' (U+{ord(found[0]):04X}) in {where}: its database "
            "takes no characters beyond U+FFFF."
        )


@contextlib.contextmanager
def _translate_errors(connection: Connection, what: str, uploaded: _Uploaded | None = None) -> Iterator[None]:
    """Turn what is raised in the block into an error that ends with what KFP has already."""

    def so_far() -> str:
        return f"{uploaded or ''} No run was started.".strip()

    try:
        with translate_errors(connection.endpoint):
            yield
    except OutcomeUnknown as unknown:
        seen = "no such run is there yet" if unknown.looked else "it cannot be looked for now"
        raise SubmissionUnclear(
            f"whether {what} was started is not known: {root_text(unknown.problem)}; {seen}. {uploaded or ''}"
        ) from unknown
    except kfp_server_api.ApiException as problem:  # 404, which `translate_errors` leaves to its caller
        raise SubmissionRefused(
            f"Kubeflow Pipelines at {connection.endpoint} refused {what} "
            f"(HTTP {problem.status}): {reason(problem)}. {so_far()}"
        ) from problem
    except NeurodeskError as problem:
        if UNKNOWN_FIELD in problem.message and "initContainers" in problem.message:
            version = connection.health.tag_name or "of unknown version"
            raise InitContainersUnknown(
                f"Kubeflow Pipelines at {connection.endpoint} ({version}) knows no init containers, which "
                f"the sidecar is. {so_far()}"
            ) from problem
        raise type(problem)(f"{problem.message} {so_far()}", problem.hint) from problem
