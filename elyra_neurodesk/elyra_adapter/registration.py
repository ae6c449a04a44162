"""The runtime configuration "Neurodesk (this machine)", through Elyra's own MetadataManager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.home import BUCKET, BackendState
from elyra_neurodesk.errors import NeurodeskError, one_line

SCHEMA = "neurodesk"
INSTANCE = "neurodesk_this_machine"
DISPLAY_NAME = "Neurodesk (this machine)"
_SCHEMASPACE = "runtimes"


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
        store: the object store's directory.
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
        "auth_type": "EXISTING_BEARER_TOKEN",
        "api_password": token,  # the field that Elyra takes a bearer token from
        "cos_endpoint": store.as_uri(),
        "public_cos_endpoint": f"{state.api_url}/",  # a browser opens no directory
        "cos_bucket": BUCKET,
        # Elyra's only type without keys (elyra/pipeline/kfp/kfp_metadata.py, ``pre_save``)
        "cos_auth_type": "AWS_IAM_ROLES_FOR_SERVICE_ACCOUNTS",
        "module_index": repository,
    }


def register(state: BackendState, store: Path, token: str, repository: str) -> Path | None:
    """Write the runtime configuration, or replace it; its file (0600) holds the token.

    Returns:
        The file.

    Raises:
        CannotRegister: Elyra has no schema ``neurodesk`` or finds the values invalid.
    """
    from elyra.metadata.manager import MetadataManager  # takes seconds
    from elyra.metadata.metadata import Metadata

    try:
        manager = MetadataManager(schemaspace=_SCHEMASPACE)
        instance = Metadata(
            name=INSTANCE,
            display_name=DISPLAY_NAME,
            schema_name=SCHEMA,
            metadata=metadata(state, store, token, repository),
        )
        saved = (
            manager.update(INSTANCE, instance) if _present(manager) else manager.create(INSTANCE, instance)
        )
    except Exception as problem:  # Elyra raises whatever its parts raise
        raise CannotRegister(
            f"the runtime configuration {DISPLAY_NAME!r} cannot be written: {one_line(str(problem))}"
        ) from problem
    file = Path(str(saved.resource)) if saved.resource else None
    if file is not None and file.is_file():
        file.chmod(0o600)
    return file


def unregister() -> bool:
    """Remove the runtime configuration.

    Returns:
        Whether there was one.

    Raises:
        CannotRegister: Elyra cannot remove it.
    """
    from elyra.metadata.manager import MetadataManager

    try:
        manager = MetadataManager(schemaspace=_SCHEMASPACE)
        if not _present(manager):
            return False
        manager.remove(INSTANCE)
    except Exception as problem:
        raise CannotRegister(
            f"the runtime configuration {DISPLAY_NAME!r} cannot be removed: {one_line(str(problem))}"
        ) from problem
    return True


def _present(manager: Any) -> bool:
    return any(instance.name == INSTANCE for instance in manager.get_all(include_invalid=True))
