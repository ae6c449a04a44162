"""The schema is Elyra's own plus a Neurodesk category, and Elyra takes it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from elyra.metadata.schemasproviders import ElyraSchemasProvider

from elyra_neurodesk.elyra_adapter.runtime_configurations import read_metadata
from elyra_neurodesk.elyra_adapter.runtime_schema import NeurodeskRuntimesSchemas
from elyra_neurodesk.elyra_adapter.schema_files import neurodesk_schema
from elyra_neurodesk.settings import RuntimeConfiguration

SAMPLES = sorted((Path(__file__).parents[3] / "runtime-configs").glob("*.json"))


def elyra_file(name: str) -> dict:
    return json.loads((Path(ElyraSchemasProvider.schema_dir) / name).read_text("utf-8"))


def test_every_field_of_elyras_schema_is_there() -> None:
    theirs = elyra_file("kfp.json")["properties"]["metadata"]
    ours = neurodesk_schema()["properties"]["metadata"]
    assert theirs["properties"].keys() <= ours["properties"].keys()
    assert ours["required"] == theirs["required"]


def test_no_placeholder_of_elyras_is_left() -> None:
    text = json.dumps(neurodesk_schema())
    assert "PLACEHOLDER" not in text


def test_the_runtime_type_has_a_default_because_the_dialog_never_sends_it() -> None:
    field = neurodesk_schema()["properties"]["metadata"]["properties"]["runtime_type"]
    assert field["default"] == field["const"] == "KUBEFLOW_PIPELINES"


def test_the_schema_satisfies_elyras_meta_schema() -> None:
    (schema,) = NeurodeskRuntimesSchemas().get_schemas()
    jsonschema.validate(schema, elyra_file("meta-schema.json"))


def test_choices_are_enumerations_because_elyra_metadata_loses_false() -> None:
    fields = neurodesk_schema()["properties"]["metadata"]["properties"]
    assert all(field["type"] != "boolean" for field in fields.values())


def test_defaults_of_the_dialog_are_defaults_of_the_settings() -> None:
    fields = neurodesk_schema()["properties"]["metadata"]["properties"]
    settings = RuntimeConfiguration("n", "n", "http://k", "http://k", None, "http://s", "http://s", "b")
    assert fields["cvmfs_claim"]["default"] == settings.claim
    assert fields["cvmfs_volume_mode"]["default"] == settings.volume_mode
    assert fields["sidecar"]["default"] == settings.sidecar
    assert fields["scratch_size"]["default"] == settings.scratch_size
    assert fields["strict_modules"]["default"] == settings.strict


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_configuration_satisfies_the_schema_and_reads(path: Path) -> None:
    sample = json.loads(path.read_text("utf-8"))
    jsonschema.validate(sample, neurodesk_schema())
    assert read_metadata(path.stem, sample["display_name"], sample["schema_name"], sample["metadata"]).secret
    assert "cos_password" not in sample["metadata"]


def test_there_are_samples() -> None:
    assert len(SAMPLES) == 3
