"""A compiled pipeline to KFP: pipeline, version, experiment, run."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import kfp_server_api

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.runs.client import Connection, api_call, reason

# KFP keeps names in columns of 128 characters; a version's name adds 30 to the pipeline's
NAME_LIMIT = 96
CONFLICT = 409


class SubmissionRefused(NeurodeskError):
    """KFP refused the pipeline, the experiment or the run."""

    code = "ND-SUBMIT-001"
    hint = "Check the namespace and the endpoint's path in the runtime configuration."


@dataclass(frozen=True)
class PublishedRun:
    """A run that KFP has accepted."""

    run_id: str
    name: str
    pipeline_id: str
    version_id: str


def publish(
    connection: Connection, package: str, name: str, description: str, experiment: str
) -> PublishedRun:
    """Upload a package as a new version of the pipeline ``name`` and start one run of it.

    Args:
        connection: KFP's API.
        package: what `package_text` returned.
        name: the pipeline's name, any text.
        description: shown on the pipeline's page.
        experiment: the experiment's name.

    Raises:
        SubmissionRefused: KFP says no.
        ApiError: KFP cannot be reached or denies access.
    """
    title = shortened(name)
    # a random tail: ten submissions in the same second stay ten
    stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
    with TemporaryDirectory(prefix="elyra-neurodesk-") as folder, _refusals(connection, title):
        # KFP takes the file's name into a column of 100 characters
        path = Path(folder, "pipeline.yaml")
        path.write_text(package, "utf-8")
        version = _new_version(connection, path, title, f"{title}-{stamp}", description)
        run = kfp_server_api.RunServiceApi(connection.api_client).run_service_create_run(
            run=kfp_server_api.V2beta1Run(
                experiment_id=_experiment(connection, shortened(experiment)),
                display_name=f"{title}-{stamp}",
                pipeline_version_reference=kfp_server_api.V2beta1PipelineVersionReference(
                    pipeline_id=version.pipeline_id, pipeline_version_id=version.pipeline_version_id
                ),
                runtime_config=kfp_server_api.V2beta1RuntimeConfig(parameters={}),
            )
        )
    return PublishedRun(run.run_id, f"{title}-{stamp}", version.pipeline_id, version.pipeline_version_id)


# The calls below go through kfp_server_api and not through methods of kfp.Client that print links: standard
# output belongs to ``--json``.
def _new_version(connection: Connection, path: Path, title: str, name: str, description: str) -> Any:
    """Upload the package as the pipeline's first version, or as a further one."""
    uploads = kfp_server_api.PipelineUploadServiceApi(connection.api_client)
    client, namespace = connection.client, connection.config.namespace
    pipeline_id = client.get_pipeline_id(title)
    if pipeline_id is None:
        options = {"namespace": namespace} if namespace else {}
        try:
            pipeline = uploads.upload_pipeline(str(path), name=title, description=description, **options)
            return client.list_pipeline_versions(pipeline.pipeline_id, page_size=1).pipeline_versions[0]
        except kfp_server_api.ApiException as problem:
            if problem.status != CONFLICT:
                raise
            # a submission beside this one was first
            pipeline_id = client.get_pipeline_id(title)
    return uploads.upload_pipeline_version(str(path), name=name, pipelineid=pipeline_id)


def _experiment(connection: Connection, name: str) -> str:
    """Return the id of the experiment ``name``, made if there is none."""
    client, namespace = connection.client, connection.config.namespace
    try:
        found = client.get_experiment(experiment_name=name, namespace=namespace)
    except ValueError:  # kfp's way to say that there is none
        experiments = kfp_server_api.ExperimentServiceApi(connection.api_client)
        try:
            found = experiments.experiment_service_create_experiment(
                experiment=kfp_server_api.V2beta1Experiment(display_name=name, namespace=namespace)
            )
        except kfp_server_api.ApiException as problem:
            if problem.status != CONFLICT:
                raise
            found = client.get_experiment(experiment_name=name, namespace=namespace)
    return str(found.experiment_id)


def shortened(name: str) -> str:
    """Return ``name``, cut to KFP's limit with a hash of the whole when it is longer."""
    if len(name) <= NAME_LIMIT:
        return name
    return f"{name[: NAME_LIMIT - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


@contextlib.contextmanager
def _refusals(connection: Connection, title: str) -> Iterator[None]:
    try:
        with api_call(connection.endpoint):
            yield
    except kfp_server_api.ApiException as problem:  # 404, which `api_call` leaves to its caller
        raise SubmissionRefused(
            f"Kubeflow Pipelines at {connection.endpoint} refused pipeline '{title}' "
            f"(HTTP {problem.status}): {reason(problem)}."
        ) from problem
    except ValueError as problem:  # kfp's own checks
        raise SubmissionRefused(f"Pipeline '{title}' was not submitted: {problem}.") from problem
