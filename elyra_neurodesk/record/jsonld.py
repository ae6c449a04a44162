"""What the keys of our records mean in W3C PROV and schema.org, as a JSON-LD context.

A JSON-LD processor reads a record as a graph: the task is a ``prov:Activity``, each file an entity whose
identifier is its object key, so that the output of one task and the input of another are the same node.
RO-Crate takes the same words from schema.org. Keys that are not listed mean nothing there.
"""

from __future__ import annotations

from typing import Any, Final

ACTIVITY: Final = "prov:Activity"

CONTEXT: dict[str, Any] = {
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "http://schema.org/",
    "started": {"@id": "prov:startedAtTime", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
    "finished": {"@id": "prov:endedAtTime", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
    "inputs": "prov:used",
    "outputs": "prov:generated",
    "reports": "prov:generated",
    "undeclared": "prov:generated",
    "source": "schema:instrument",
    "files": "prov:used",
    "modules": "prov:wasAssociatedWith",
    "software": "prov:wasAssociatedWith",
    "host": "prov:atLocation",
    "key": "@id",
    "path": "schema:name",
    "size": "schema:contentSize",
    "sha256": "schema:sha256",
    "node": "schema:name",
    "module": "schema:name",
    "name": "schema:name",
    "version": "schema:softwareVersion",
    "container": "schema:identifier",
    "error": "schema:error",
    "tasks": "schema:hasPart",
    "record": "schema:hasPart",
    "message": "schema:description",
}
"""Maps keys to terms; the same object stands in every record."""
