"""Runtime configurations read and written without Elyra are those that Elyra reads and writes."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from elyra.metadata.manager import MetadataManager
from elyra.metadata.metadata import Metadata
from elyra.metadata.schema import SchemaManager
from elyra.pipeline.kfp.kfp_authentication import SupportedAuthProviders
from jupyter_core import paths

from elyra_neurodesk.elyra_adapter import instances
from elyra_neurodesk.elyra_adapter.runtime_configurations import (
    RUNTIMES,
    SCHEMAS,
    UnusableRuntimeConfiguration,
    read_metadata,
    runtime_configuration,
    runtime_configurations,
)
from elyra_neurodesk.elyra_adapter.schema_files import AUTHENTICATION_TYPES, elyra_schema, runtime_schema
from elyra_neurodesk.settings import RuntimeConfiguration

GOOD: dict[str, Any] = {
    "runtime_type": "KUBEFLOW_PIPELINES",
    "api_endpoint": "http://127.0.0.1:8888/pipeline",
    "auth_type": "NO_AUTHENTICATION",
    "cos_endpoint": "http://127.0.0.1:9000",
    "cos_bucket": "bucket",
    "cos_auth_type": "KUBERNETES_SECRET",
    "cos_secret": "mlpipeline-minio-artifact",
    "cos_username": "somebody",
    "cos_password": "password-of-8",
}


def without(*fields: str, **changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **changed}.items() if name not in fields}


def content(metadata: Any, schema: str = "neurodesk", **more: Any) -> str:
    return json.dumps({"display_name": "A name", "schema_name": schema, "metadata": metadata, **more})


CASES = {
    "valid": content(GOOD),
    "of-elyras-kind": content(GOOD, "kfp"),
    "no-runtime-type": content(without("runtime_type")),
    "no-runtime-type-kfp": content(without("runtime_type"), "kfp"),
    "old-dex-login": content(without("auth_type", api_username="me", api_password="mine")),
    "no-login": content(without("auth_type")),
    "old-store-login": content(without("cos_auth_type", "cos_secret"), "kfp"),
    "old-store-secret": content(without("cos_auth_type")),
    "old-store-nothing": content(without("cos_auth_type", "cos_username", "cos_password")),
    "no-endpoint": content(without("api_endpoint")),
    "no-bucket": content(without("cos_bucket")),
    "bad-bucket": content(without(cos_bucket="B")),
    "bad-type": content(without(cos_bucket=3)),
    "bad-choice": content(without(sidecar="sometimes")),
    "bad-login": content(without(auth_type="HANDSHAKE")),
    "short-password": content(without(cos_password="short")),
    "not-a-uri": content(without(api_endpoint="no uri")),
    "unknown-field": content(without(colour="blue")),
    "other-runtime-type": content(without(runtime_type="APACHE_AIRFLOW")),
    "no-metadata": json.dumps({"display_name": "A name", "schema_name": "neurodesk"}),
    "metadata-is-text": content("text"),
    "no-display-name": json.dumps({"schema_name": "neurodesk", "metadata": GOOD}),
    "empty-display-name": content(GOOD, display_name=""),
    "no-schema": json.dumps({"display_name": "A name", "metadata": GOOD}),
    "unknown-schema": content(GOOD, "slurm"),
    "airflow": content(GOOD, "airflow"),
    "not-json": "{",
    "a-list": "[]",
    "empty": "",
    "latin1": b'{"display_name": "\xe9"}'.decode("latin1"),
}


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Return the directories of runtime configurations: of the user, the system and the installation."""
    found = {name: tmp_path / name for name in ("user", "system", "env")}
    monkeypatch.delenv("ELYRA_METADATA_PATH", raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(found["user"]))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setattr(paths, "SYSTEM_JUPYTER_PATH", [str(found["system"])])
    monkeypatch.setattr(paths, "ENV_JUPYTER_PATH", [str(found["env"])])
    for name, directory in found.items():
        found[name] = directory / "metadata/runtimes"
        found[name].mkdir(parents=True)
    return found


def of_elyra(name: str) -> RuntimeConfiguration | None:
    """Return what Elyra makes of a configuration; None where it, or what it is for, cannot be used."""
    try:
        found = MetadataManager(schemaspace=RUNTIMES).get(name)
    except Exception:
        return None
    return configuration(found) if found.schema_name in SCHEMAS else None


def configuration(found: Metadata) -> RuntimeConfiguration:
    return read_metadata(found.name, found.display_name, found.schema_name, found.metadata)


def of_ours(name: str) -> RuntimeConfiguration | None:
    try:
        return runtime_configuration(name)
    except UnusableRuntimeConfiguration:
        return None


@pytest.mark.parametrize("name", CASES)
def test_a_file_means_to_us_what_it_means_to_elyra(places: dict[str, Path], name: str) -> None:
    (places["user"] / f"{name}.json").write_text(CASES[name], "latin1" if name == "latin1" else "utf-8")
    ours = of_ours(name)  # first: Elyra writes what it migrated
    listed = runtime_configurations()
    assert ours == of_elyra(name)
    assert [one.name for one in listed] == ([name] if ours else [])


def test_some_of_the_files_are_valid_and_some_are_not(places: dict[str, Path]) -> None:
    for name, text in CASES.items():
        (places["user"] / f"{name}.json").write_text(text, "utf-8")
    assert 8 <= len(runtime_configurations()) <= len(CASES) - 8


@pytest.mark.parametrize("nearest", ["valid", "not-json", "bad-bucket", "unknown-schema"])
def test_the_users_file_hides_the_systems_and_that_the_installations(
    places: dict[str, Path], nearest: str
) -> None:
    for place, text in (
        ("user", CASES[nearest]),
        ("system", content(without(cos_bucket="of-the-system"))),
        ("env", content(without(cos_bucket="of-the-installation"))),
    ):
        (places[place] / "one.json").write_text(text, "utf-8")
    ours = of_ours("one"), [one.bucket for one in runtime_configurations()]
    theirs = [configuration(one).bucket for one in MetadataManager(schemaspace=RUNTIMES).get_all()]
    assert ours == (of_elyra("one"), theirs)


def test_elyras_variable_comes_before_everything(
    places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "first/metadata/runtimes"
    first.mkdir(parents=True)
    (first / "one.json").write_text(content(without(cos_bucket="first")), "utf-8")
    (places["user"] / "one.json").write_text(content(GOOD), "utf-8")
    monkeypatch.setenv("ELYRA_METADATA_PATH", f"{first.parents[1]}/:{tmp_path / 'second'}")
    assert runtime_configuration("one").bucket == "first"
    assert of_elyra("one") == runtime_configuration("one")
    assert instances.write(RUNTIMES, "two", "Two", runtime_schema("neurodesk"), GOOD).parent == first


def test_a_written_configuration_is_what_elyra_writes(places: dict[str, Path]) -> None:
    ours = instances.write(RUNTIMES, "ours", "One name", runtime_schema("neurodesk"), GOOD)
    metadata = Metadata(name="theirs", display_name="One name", schema_name="neurodesk", metadata=without())
    MetadataManager(schemaspace=RUNTIMES).create("theirs", metadata)
    assert json.loads(ours.read_text()) == json.loads((places["user"] / "theirs.json").read_text())
    assert stat.S_IMODE(ours.stat().st_mode) == 0o600
    assert [
        path.name for path in ours.parent.iterdir() if path.name not in ("ours.json", "theirs.json")
    ] == []


def test_a_jupyterlab_that_runs_sees_a_configuration_that_was_replaced(places: dict[str, Path]) -> None:
    def bucket() -> Any:
        return MetadataManager(schemaspace=RUNTIMES).get("one").metadata["cos_bucket"]

    for value in ("before", "after"):
        instances.write(RUNTIMES, "one", "One", runtime_schema("neurodesk"), without(cos_bucket=value))
        until = time.monotonic() + 20
        while bucket() != value and time.monotonic() < until:
            time.sleep(0.02)
        assert bucket() == value


def test_what_does_not_satisfy_the_schema_is_not_written(places: dict[str, Path]) -> None:
    with pytest.raises(instances.InstanceInvalid, match="sometimes"):
        instances.write(RUNTIMES, "one", "One", runtime_schema("neurodesk"), without(sidecar="sometimes"))
    assert not list(places["user"].iterdir())


def test_only_the_users_own_instance_is_removed(places: dict[str, Path]) -> None:
    for place in ("user", "env"):
        (places[place] / "one.json").write_text(content(GOOD), "utf-8")
    assert instances.remove(RUNTIMES, "one")
    assert not instances.remove(RUNTIMES, "one")
    assert runtime_configuration("one").bucket == "bucket"


@pytest.mark.parametrize("name", ["neurodesk", "kfp"])
def test_our_schemas_are_those_that_elyra_has_loaded(name: str) -> None:
    assert SchemaManager.instance().get_schema("runtimes", name) == runtime_schema(name)


def test_the_schema_of_runtime_images_is_the_one_that_elyra_has_loaded() -> None:
    loaded = SchemaManager.instance().get_schema("runtime-images", "runtime-image")
    assert loaded == elyra_schema("runtime-image")


def test_the_authentication_types_are_elyras() -> None:
    assert list(AUTHENTICATION_TYPES) == SupportedAuthProviders.get_provider_names()
    assert SupportedAuthProviders.get_default_provider().name == AUTHENTICATION_TYPES[0]


def test_reading_and_writing_import_nothing_of_elyra(places: dict[str, Path]) -> None:
    (places["user"] / "one.json").write_text(content(GOOD), "utf-8")
    script = (
        "import sys\n"
        "from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration\n"
        "from elyra_neurodesk.elyra_adapter import connection, registration\n"
        "assert chosen_runtime_configuration(None).name == 'one'\n"
        "print([name for name in sys.modules if name == 'elyra' or name.startswith(('elyra.', 'kfp.'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
