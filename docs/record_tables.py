"""Write what the classes of `elyra_neurodesk.record` define: JSON Schemas, and the tables of docs/record.md.

Run it from the repository's root: ``python docs/record_tables.py``. A test fails when they are out of date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.record import schemas
from elyra_neurodesk.record.jsonld import CONTEXT
from elyra_neurodesk.record.schemas import Kind, record_schema

PAGE = Path(__file__).parent / "record.md"
HEAD = ["| Key | Type | Meaning | Term |", "| --- | --- | --- | --- |"]
_TABLE = re.compile(r"<!-- table: ([a-z-]+)(?: ([a-z-]+))? -->\n.*?<!-- end -->", re.DOTALL)


def schema_files() -> dict[Path, str]:
    """Return path to content."""
    folder = Path(schemas.__file__).parent
    return {
        folder / f"{kind}.schema.json": json.dumps(record_schema(kind), indent=2, ensure_ascii=False) + "\n"
        for kind in schemas.KINDS
    }


def page(text: str) -> str:
    """Return the page with its tables written anew."""
    return _TABLE.sub(lambda found: _block(found[1], found[2] or ""), text)  # type: ignore[arg-type]


def rows(kind: Kind, name: str = "") -> list[str]:
    """Return the rows for a record, or for one of the objects in it."""
    schema = record_schema(kind)
    found = schema["$defs"][name] if name else schema
    # only what has a context is linked data
    linked = "@context" in schema["properties"] and (not name or name in _in_graph(schema))
    made = []
    for key, entry in found["properties"].items():
        cells = (
            f"`{key}`",
            _type(entry, found, key),
            _cell(entry["description"]),
            _term(key) if linked else "",
        )
        made.append(f"| {' | '.join(cells)} |")
    return made


def names(kind: Kind) -> list[str]:
    """Return the names of the objects that a schema defines."""
    return list(record_schema(kind)["$defs"])


def _in_graph(schema: Mapping[str, Any]) -> set[str]:
    """Return the names of the objects that a key with a term leads to; the others are in no graph."""
    text = json.dumps({key: entry for key, entry in schema["properties"].items() if key in CONTEXT})
    return set(re.findall(r"#/\$defs/([a-z-]+)", text))


def _block(kind: Kind, name: str) -> str:
    title = f"{kind} {name}".strip()
    return "\n".join([f"<!-- table: {title} -->", *HEAD, *rows(kind, name), "<!-- end -->"])


def _type(entry: Mapping[str, Any], owner: Mapping[str, Any], key: str) -> str:
    if "anyOf" in entry:
        shown = " or ".join(_type(choice, {"required": [key]}, key) for choice in entry["anyOf"])
    elif "$ref" in entry:
        shown = _link(entry["$ref"])
    elif entry.get("type") == "array":
        shown = f"list of {_type(entry['items'], {'required': [key]}, key)}"
    elif "const" in entry:
        shown = f"`{json.dumps(entry['const'])}`"
    elif "enum" in entry:
        shown = ", ".join(f"`{json.dumps(one)}`" for one in entry["enum"])
    else:
        kinds = entry["type"] if isinstance(entry["type"], list) else [entry["type"]]
        shown = " or ".join(kinds)
    return shown if key in owner.get("required", ()) else f"{shown}, may be left out"


def _link(reference: str) -> str:
    name = reference.rpartition("/")[2]
    if "$defs" not in reference:
        return "[task record](#the-task-record)"
    return f"[{name}](#{name})"


def _term(key: str) -> str:
    term = CONTEXT.get(key, "")
    return f"`{term['@id'] if isinstance(term, dict) else term}`" if term else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for path, content in schema_files().items():
        path.write_text(content, "utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
