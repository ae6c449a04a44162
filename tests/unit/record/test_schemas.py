"""The schemas of the records, their page and their meaning as linked data."""

from __future__ import annotations

import copy
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from elyra_neurodesk.record.jsonld import CONTEXT
from elyra_neurodesk.record.schemas import KINDS, record_schema, record_validator, satisfies
from tests.support.records import finding, given, life_sign, module, run_record, stored, task_record

ROOT = Path(__file__).parents[3]
tables = runpy.run_path(str(ROOT / "docs/record_tables.py"))


def objects(schema: Any) -> list[dict[str, Any]]:
    """Return every schema of an object with keys of its own."""
    found = [schema] if isinstance(schema, dict) and "properties" in schema else []
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    return found + [one for value in inner for one in objects(value)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_allows_no_other_key_and_says_what_each_means(kind: Any) -> None:
    schema = record_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in objects(schema):
        assert one["additionalProperties"] is False
        assert set(one["required"]) <= set(one["properties"])
        assert all(entry["description"] for entry in one["properties"].values())


def test_the_schema_files_are_those_of_the_model() -> None:
    for path, content in tables["schema_files"]().items():
        assert path.read_text("utf-8") == content, "run: python docs/record_tables.py"


def test_the_page_has_every_key_and_no_other() -> None:
    text = (ROOT / "docs/record.md").read_text("utf-8")
    assert tables["page"](text) == text, "run: python docs/record_tables.py"
    named = re.findall(r"<!-- table: ([a-z-]+)(?: ([a-z-]+))? -->", text)
    assert sorted(named) == sorted((kind, name) for kind in KINDS for name in ["", *tables["names"](kind)])


@pytest.mark.parametrize("key", ["surprise", "environment"])
def test_a_key_that_is_not_documented_fails(key: str) -> None:
    validator = record_validator("task-record")
    assert validator.is_valid(task_record())
    assert not validator.is_valid({**task_record(), key: {}})
    assert not validator.is_valid({**task_record(), "modules": [module(**{key: 1})]})
    run = run_record(task_record())
    (task,) = run["tasks"]
    assert not record_validator("run-record").is_valid({**run, key: 1})
    inner = {**task, "record": {**task["record"], key: 1}}
    assert not record_validator("run-record").is_valid({**run, "tasks": [inner]})


def changes(content: Any) -> Iterator[Any]:
    """Yield a document with each value removed or replaced, and with a key too many in each object."""
    for key in list(content) if isinstance(content, dict) else range(len(content)):
        for new in (None, [], {}, "x", 7, 7.0, True):
            yield (
                {**content, key: new}
                if isinstance(content, dict)
                else [
                    *content[:key],
                    new,
                    *content[key + 1 :],
                ]
            )
        if isinstance(content, dict):
            yield {name: value for name, value in content.items() if name != key}
        if isinstance(content[key], dict | list):
            for inner in changes(content[key]):
                changed = copy.copy(content)
                changed[key] = inner
                yield changed
    if isinstance(content, dict):
        yield {**content, "surprise": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_validated_without_jsonschema_is_what_jsonschema_allows(kind: Any) -> None:
    record = task_record(modules=[module()], findings=[finding()]) if kind == "task-record" else life_sign()
    content = run_record(task_record()) if kind == "run-record" else record
    validator = record_validator(kind)
    assert satisfies(kind, content)
    for changed in changes(content):
        assert satisfies(kind, changed) == validator.is_valid(changed), changed


def test_every_term_of_the_context_is_that_of_a_key() -> None:
    keys = {key for kind in KINDS for one in objects(record_schema(kind)) for key in one["properties"]}
    assert set(CONTEXT) - {"prov", "schema"} <= keys


def test_as_linked_data_one_tasks_output_is_the_others_input() -> None:
    jsonld = pytest.importorskip("pyld").jsonld
    base = "http://127.0.0.1/bucket/"
    records = [
        task_record("prepare", outputs=[stored("table one.csv", "1", "prepare")], modules=[module()]),
        task_record("model", inputs=[given("table one.csv", "1", "prepare")], findings=[finding()]),
    ]
    graphs = [
        jsonld.expand({"@context": CONTEXT, "@type": "prov:Activity", **record}, {"base": base})[0]
        for record in records
    ]
    prov, schema = "http://www.w3.org/ns/prov#", "http://schema.org/"
    made, used = graphs[0][f"{prov}generated"][0], graphs[1][f"{prov}used"][0]
    assert made["@id"] == used["@id"]
    assert made["@id"].startswith(base)
    assert made[f"{schema}sha256"] == [{"@value": "1" * 64}]
    assert graphs[0]["@type"] == [f"{prov}Activity"]
    assert graphs[0][f"{prov}startedAtTime"][0]["@type"] == "http://www.w3.org/2001/XMLSchema#dateTime"
    names = [one[f"{schema}name"][0]["@value"] for one in graphs[0][f"{prov}wasAssociatedWith"]]
    assert sorted(names) == ["elyra-neurodesk", "fsl/6.0.7.16"]
    (run,) = jsonld.expand(run_record(*records), {"base": base})
    inner = [part for task in run[f"{schema}hasPart"] for part in task[f"{schema}hasPart"]]
    assert inner[1][f"{prov}used"][0]["@id"] == made["@id"]
