"""A runtime configuration that names a KFP API and an object store of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write runtime configurations into a data directory that only this test sees."""
    data = tmp_path / "jupyter-data"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(data))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("KF_PIPELINES_SSL_SA_CERTS", raising=False)

    def write(name: str = "here", schema: str = "neurodesk", display_name: str = "", **fields: object) -> str:
        metadata = {
            "runtime_type": "APACHE_AIRFLOW" if schema == "airflow" else "KUBEFLOW_PIPELINES",
            "api_endpoint": "http://127.0.0.1:9",
            "auth_type": "NO_AUTHENTICATION",
            "engine": "Argo",
            "cos_endpoint": "http://127.0.0.1:9",
            "cos_auth_type": "USER_CREDENTIALS",
            "cos_username": "user",
            "cos_password": "password",
            "cos_bucket": "test",
            **fields,
        }
        target = data / "metadata" / "runtimes" / f"{name}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        content = {"display_name": display_name or name, "schema_name": schema, "metadata": metadata}
        target.write_text(json.dumps(content))
        return name

    return write
