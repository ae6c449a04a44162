"""The document with the specifications of a submission."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from elyra_neurodesk.bootstrapper.spec import InvalidTaskSpec, KeepLimits, TaskSpec
from elyra_neurodesk.bootstrapper.specs import (
    DocumentReference,
    read_document,
    read_task,
    write_document,
)
from elyra_neurodesk.storage.location import StorageLocation

STORE = StorageLocation("http://store:9000", "a bucket", "some/prefix")
ONE = TaskSpec("Pipe ü", "pipe", "one", "One", "a.ipynb", "0" * 64, STORE, env={"A": "1", "B": "{{$}} $(x)"})
TWO = TaskSpec(
    "Pipe ü",
    "pipe",
    "two",
    "Two \ud83e",  # what no check has refused yet
    "b.py",
    "1" * 64,
    STORE,
    parents=("one",),
    outputs=("*.nii",),
    parameters={"p": "Float"},
    env={"A": "1", "B": "other"},
    modules=("fsl/6.0.7",),
    strict="warn",
    keep_undeclared=KeepLimits(0, 0),
)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_every_task_is_read_as_it_was_written_and_what_is_shared_stands_once() -> None:
    document = write_document([ONE, TWO])
    assert read_document(document, sha256(document)) == {"one": ONE, "two": TWO}
    assert read_task(document, sha256(document), "two") == TWO
    content = json.loads(document)
    assert content["common"]["env"] == {"A": "1"}
    assert content["tasks"]["one"]["env"] == {"B": "{{$}} $(x)"}
    assert document.count(b"http://store:9000") == 1
    assert write_document([ONE, TWO]) == document


def test_a_pipeline_without_notebooks_has_an_empty_document() -> None:
    document = write_document([])
    assert read_document(document, sha256(document)) == {}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"[]", "cannot be read"),
        (b"{", "cannot be read"),
        (b'{"common":{}}', "cannot be read"),
        (b'{"common":{},"tasks":{"one":[]}}', "cannot be read"),
        (b'{"common":{},"tasks":{"one":{"task":"one"}}}', "cannot be read"),
        (write_document([replace(ONE, task="other")]), "have no task 'one'"),
    ],
)
def test_what_is_not_a_document_of_the_task_is_refused(document: bytes, message: str) -> None:
    with pytest.raises(InvalidTaskSpec, match=f"^ND-TASK-001: .*{message}"):
        read_task(document, sha256(document), "one")


def test_a_document_that_has_another_hash_is_refused() -> None:
    with pytest.raises(
        InvalidTaskSpec, match=r"^ND-TASK-001: the specifications 0{64} in the object store have"
    ):
        read_task(write_document([ONE]), "0" * 64, "one")


@pytest.mark.parametrize(
    "store",
    [
        STORE,
        StorageLocation("https://s3.example.org", "b"),
        StorageLocation("http://[::1]:9000", "b", "p"),
        StorageLocation("file:///home/a/the%20store", "neurodesk"),
        StorageLocation("file:///store", "neurodesk", "a prefix/é"),
    ],
)
def test_the_bootstrappers_url_and_the_hash_name_the_document(store: StorageLocation) -> None:
    url = store.url(store.bootstrapper_key("0" * 64))
    assert " " not in url
    reference = DocumentReference.from_arguments([url, "1" * 64, "run", "task"])
    assert reference == DocumentReference(store, "1" * 64)
    assert reference.key == store.key(".elyra-neurodesk", "specs", "1" * 64)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["http://x/b/.elyra-neurodesk/bootstrapper/0.pyz"],
        ["http://x/b/.elyra-neurodesk/bootstrapper/0.pyz", "--run-id"],
        ["http://x/b/0.pyz", "1" * 64],
        [None, "1" * 64],
        [{}, []],
    ],
)
def test_arguments_of_other_containers_name_none(arguments: list[object]) -> None:
    assert DocumentReference.from_arguments(arguments) is None
