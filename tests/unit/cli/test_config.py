"""``elyra-neurodesk config``: runtime configurations are created from presets and listed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from jupyter_core import paths

from elyra_neurodesk.cli.main import run
from elyra_neurodesk.elyra_adapter.cluster_presets import (
    KFP_CLAIM,
    PRESETS,
    ClusterValues,
    kfp_store_service,
    preset_metadata,
    store_url,
)
from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_configuration
from elyra_neurodesk.settings import KFP_BUCKET, KFP_NAMESPACE, KFP_SECRET

SAMPLES = Path(__file__).parents[3] / "runtime-configs"
KEY = "password-of-8"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of the user's runtime configurations, the only one there is."""
    monkeypatch.delenv("ELYRA_METADATA_PATH", raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(paths, "SYSTEM_JUPYTER_PATH", [])
    monkeypatch.setattr(paths, "ENV_JUPYTER_PATH", [])
    (tmp_path / "key").write_text(f"{KEY}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data/metadata/runtimes"


CREATE = ("config", "create", "minikube", "--username", "minio", "--password-file", "key")


def test_a_configuration_of_a_preset_can_be_submitted_with(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(CREATE) == 0
    file = folder / "neurodesk_minikube.json"
    assert capsys.readouterr().out == f"Created {file}. Use it with --runtime-config neurodesk_minikube.\n"
    found = runtime_configuration("neurodesk_minikube")
    found.validate()
    found.check_credentials()
    assert (found.api_endpoint, found.object_store_endpoint, found.public_object_store_endpoint) == (
        "http://127.0.0.1:8080/pipeline",
        "http://seaweedfs.kubeflow:9000",
        "http://127.0.0.1:9000",
    )
    assert (found.access_key, found.secret_key) == ("minio", KEY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_options_win_over_the_preset(folder: Path) -> None:
    given = ["--name", "mine", "--api-endpoint", "https://kfp.example.org/pipeline", "--claim", "cvmfs"]
    given += ["--object-store", "http://s3.example.org", "--bucket", "neuro", "--secret", "keys"]
    assert run([*CREATE, *given, "--public-object-store", "", "--namespace", "team"]) == 0
    found = runtime_configuration("mine")
    assert found.secret is not None
    assert (found.api_endpoint, found.claim, found.bucket, found.secret.name, found.namespace) == (
        "https://kfp.example.org/pipeline",
        "cvmfs",
        "neuro",
        "keys",
        "team",
    )
    assert found.object_store_endpoint == found.public_object_store_endpoint == "http://s3.example.org"


@pytest.mark.parametrize(
    ("version", "service"), [("2.15.2", "minio-service"), ("v2.16.0", "seaweedfs"), ("2.18.1", "seaweedfs")]
)
def test_the_object_store_follows_from_the_release(folder: Path, version: str, service: str) -> None:
    assert run([*CREATE, "--kfp-version", version]) == 0
    found = runtime_configuration("neurodesk_minikube")
    assert found.object_store_endpoint == f"http://{service}.kubeflow:9000"


def test_an_existing_one_is_replaced_only_with_force(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(CREATE) == 0
    file = folder / "neurodesk_minikube.json"
    before = file.read_bytes()
    assert run([*CREATE, "--bucket", "another"]) == 1
    assert "ND-CONFIG-014" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert run([*CREATE, "--bucket", "another", "--force"]) == 0
    assert runtime_configuration("neurodesk_minikube").bucket == "another"


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("kubernetes", "--username", "u", "--password-file", "key"), "ND-CONFIG-016", "--api-endpoint"),
        (("wsl2", "--password-file", "key"), "ND-CONFIG-016", "--username"),
        (("wsl2", "--username", "u"), "ND-CONFIG-016", "--password-file"),
        ((*CREATE[2:], "--name", "My Cluster"), "ND-CONFIG-017", "'My Cluster'"),
        ((*CREATE[2:], "--name", "../escape"), "ND-CONFIG-017", "'../escape'"),
        ((*CREATE[2:], "--bucket", "B"), "ND-CONFIG-015", "'B'"),
        ((*CREATE[2:], "--api-endpoint", "no url"), "ND-CONFIG-015", "no url"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_written(
    folder: Path, arguments: tuple[str, ...], code: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["config", "create", *arguments]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert code in line
    assert named in line
    assert not folder.exists() or not list(folder.iterdir())


def test_a_password_that_elyra_refuses_is_not_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("key").write_text("short", "utf-8")
    assert run(CREATE) == 1
    error = capsys.readouterr().err
    assert "ND-CONFIG-015" in error
    assert "short" not in error


def test_the_list_has_every_usable_configuration(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "list"]) == 0
    assert "No runtime configuration" in capsys.readouterr().out
    assert run(CREATE) == 0
    (folder / "broken.json").write_text("{", "utf-8")
    capsys.readouterr()
    assert run(["config", "list"]) == 0
    out = capsys.readouterr().out
    assert "neurodesk_minikube" in out
    assert "Neurodesk (Minikube)" in out
    assert "broken" not in out
    assert run(["config", "list", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["neurodesk_minikube"]


@pytest.mark.parametrize("kind", ["minikube", "wsl2"])
def test_the_sample_is_the_preset_without_user_and_password(kind: str) -> None:
    preset = PRESETS[kind]
    values = ClusterValues(
        preset.api_endpoint,
        store_url(kfp_store_service(""), KFP_NAMESPACE),
        preset.public_object_store,
        KFP_BUCKET,
        KFP_SECRET,
        username="",
        password="",
        claim=KFP_CLAIM,
    )
    sample = json.loads((SAMPLES / f"neurodesk_{kind}.json").read_text("utf-8"))
    assert sample["display_name"] == preset.display_name
    described = sample["metadata"].pop("description")
    assert described.startswith(preset.description)
    made = preset_metadata(preset, values)
    del made["description"], made["cvmfs_claim"]
    assert made == sample["metadata"]
