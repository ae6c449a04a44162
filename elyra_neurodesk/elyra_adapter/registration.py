"""The runtime configuration "Neurodesk (this machine)": written when the embedded backend starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.home import BUCKET, BackendState
from elyra_neurodesk.elyra_adapter import instances
from elyra_neurodesk.elyra_adapter.instances import InstanceInvalid
from elyra_neurodesk.elyra_adapter.runtime_configurations import RUNTIMES
from elyra_neurodesk.elyra_adapter.schema_files import ElyraNotFound, runtime_schema
from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.settings import BEARER_TOKEN, SCHEMA, THIS_MACHINE

INSTANCE = THIS_MACHINE
DISPLAY_NAME = "Neurodesk (this machine)"


class CannotRegister(NeurodeskError):
    """The runtime configuration cannot be written or removed."""

    code = "ND-LOCAL-007"
    hint = (
        "The backend itself is up; make a runtime configuration by hand, or correct the cause and try again."
    )


def metadata(state: BackendState, store: Path, token: str, repository: str) -> dict[str, Any]:
    """Return the fields of the runtime configuration for a backend that runs.

    Args:
        state: the backend.
        store: the object store's directory, in the backend's.
        token: the backend's.
        repository: directory of the CVMFS claim, in which tasks find their modules.
    """
    return {
        "runtime_type": "KUBEFLOW_PIPELINES",
        "description": "Runs pipelines on this machine (elyra-neurodesk local up)",
        "tags": [],
        "api_endpoint": state.api_url,
        "public_api_endpoint": state.api_url,
        "engine": "Argo",
        "auth_type": BEARER_TOKEN,
        "api_password": token,  # the field that Elyra takes a bearer token from
        "cos_endpoint": store.as_uri(),
        "public_cos_endpoint": f"{state.api_url}/",  # a browser opens no directory
        "cos_bucket": BUCKET,
        # Elyra's only type without keys (elyra/pipeline/kfp/kfp_metadata.py, ``pre_save``)
        "cos_auth_type": "AWS_IAM_ROLES_FOR_SERVICE_ACCOUNTS",
        "module_index": repository,
        "backend_home": str(store.parent),
    }


def register(state: BackendState, store: Path, token: str, repository: str) -> Path:
    """Write the runtime configuration, or replace it; its file (0600) holds the token.

    Returns:
        The file.

    Raises:
        CannotRegister: Elyra's schema is not found or the values do not satisfy it, or the file cannot be
            written.
    """
    values = metadata(state, store, token, repository)
    try:
        return instances.write(RUNTIMES, INSTANCE, DISPLAY_NAME, runtime_schema(SCHEMA), values)
    except (InstanceInvalid, ElyraNotFound, OSError) as problem:
        raise CannotRegister(
            f"the runtime configuration {DISPLAY_NAME!r} cannot be written: {one_line(str(problem))}"
        ) from problem


def unregister() -> bool:
    """Remove the runtime configuration.

    Returns:
        Whether there was one of the user's.

    Raises:
        CannotRegister: its file cannot be removed.
    """
    try:
        return instances.remove(RUNTIMES, INSTANCE)
    except OSError as problem:
        raise CannotRegister(
            f"the runtime configuration {DISPLAY_NAME!r} cannot be removed: {one_line(str(problem))}"
        ) from problem
