"""Runtime configurations become frozen settings, or one line that says what is wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from elyra_neurodesk.elyra_adapter.runtime_configurations import read_metadata
from elyra_neurodesk.settings import (
    CredentialsNotByReference,
    InvalidRuntimeConfiguration,
    RuntimeConfiguration,
    SecretReference,
    StockRuntimeConfiguration,
    module_list,
)


def read(**more: Any) -> RuntimeConfiguration:
    metadata = {
        "api_endpoint": "https://kfp.example.org/pipeline/",
        "cos_endpoint": "http://store:9000/",
        "cos_bucket": "b",
        **more,
    }
    return read_metadata(
        "nd", "ND", "neurodesk", {key: value for key, value in metadata.items() if value is not None}
    )


def test_defaults_fill_what_is_left_out() -> None:
    settings = read()
    settings.validate()
    assert settings.api_endpoint == "https://kfp.example.org/pipeline"
    assert settings.public_api_endpoint == settings.api_endpoint
    assert settings.claim == "cvmfs-neurodesk"
    assert settings.cvmfs_mount_path == "/cvmfs/neurodesk.ardc.edu.au"
    assert (settings.sidecar, settings.strict, settings.scratch_size) == ("auto", "error", "20Gi")
    assert settings.secret is None


def test_an_automount_claim_is_mounted_at_cvmfs() -> None:
    assert read(cvmfs_volume_mode="automount").cvmfs_mount_path == "/cvmfs"


def test_the_secret_is_read_with_its_two_keys() -> None:
    settings = read(cos_auth_type="KUBERNETES_SECRET", cos_secret="s", cos_secret_access_key_field="user")
    assert settings.secret == SecretReference("s", "user", "secretkey")
    settings.check_credentials()


def test_passwords_do_not_show_in_representations() -> None:
    settings = read(cos_username="somebody", cos_password="hunter2-hunter2")
    assert "hunter2" not in repr(settings)
    assert "somebody" not in repr(settings)
    token = read(auth_type="EXISTING_BEARER_TOKEN", api_username="someone", api_password="t0ken-t0ken")
    assert "t0ken" not in repr(token)


def test_plain_credentials_name_the_command_that_creates_a_secret() -> None:
    with pytest.raises(CredentialsNotByReference, match="kubectl create secret generic") as caught:
        read(cos_username="u", cos_password="hunter2-hunter2", user_namespace="team").check_credentials()
    assert "--namespace team" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_service_account_needs_no_secret() -> None:
    read(cos_auth_type="AWS_IAM_ROLES_FOR_SERVICE_ACCOUNTS").check_credentials()


HERE = "http://127.0.0.1:8898/pipeline"


def test_a_backend_of_this_machine_may_store_in_a_directory_without_keys() -> None:
    settings = read(api_endpoint=HERE, cos_endpoint="file:///home/me/a%20b/store")
    settings.validate()
    settings.check_credentials()
    assert settings.stores_in_directory
    assert not read().stores_in_directory


@pytest.mark.parametrize(
    ("api", "endpoint", "told"),
    [
        ("https://kfp.example.org/pipeline", "file:///home/me/store", "do not run on it"),
        (HERE, "file://server/share", "not file:// and an absolute path"),
        (HERE, "file:store", "not file:// and an absolute path"),
    ],
)
def test_a_directory_that_tasks_could_not_reach_is_refused(api: str, endpoint: str, told: str) -> None:
    with pytest.raises(InvalidRuntimeConfiguration, match=re.escape(told)):
        read(api_endpoint=api, cos_endpoint=endpoint).validate()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_endpoint", "ftp://x"),
        ("api_endpoint", "kfp.example.org"),
        ("cos_endpoint", "http://"),
        ("cos_bucket", None),
        ("sidecar", "always"),
        ("strict_modules", "maybe"),
        ("cvmfs_volume_mode", "x"),
    ],
)
def test_a_wrong_field_is_named_with_its_value(field: str, value: str | None) -> None:
    with pytest.raises(InvalidRuntimeConfiguration, match=field) as caught:
        read(**{field: value}).validate()
    assert value is None or value in str(caught.value)


def test_a_wrong_field_hides_nothing_until_the_configuration_is_to_be_submitted_with() -> None:
    assert read(cos_endpoint="nowhere", sidecar="always").api_endpoint == "https://kfp.example.org/pipeline"


def test_a_password_is_taken_as_it_was_typed() -> None:
    assert read(cos_username="u", cos_password=" blank at both ends ").secret_key == " blank at both ends "


def test_only_neurodesk_configurations_submit_and_export() -> None:
    read().require_neurodesk()
    with pytest.raises(StockRuntimeConfiguration, match="'nd' is of type kfp") as caught:
        replace(read(), schema_name="kfp").require_neurodesk()
    assert "--runtime-config" in caught.value.hint
    assert "elyra-pipeline" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_modules_are_split_at_blanks_and_commas() -> None:
    assert module_list(" fsl/6.0.7,ants\n fsl/6.0.7 ") == ("fsl/6.0.7", "ants")
    assert module_list("") == ()
