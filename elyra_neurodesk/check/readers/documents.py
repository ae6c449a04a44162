"""Files as cells of code: notebooks by their cells, a script as one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

# languages of kernels by the names that kernelspecs give them
_LANGUAGES = {"ir": "r", "python3": "python", "ipython": "python", "sh": "bash", "matlab": "octave"}
_SUFFIXES = {".py": "python", ".r": "r", ".sh": "bash", ".bash": "bash", ".m": "octave"}
# nbclient leaves these cells out (nbclient.client.NotebookClient.skip_cells_with_tag)
_SKIPPED = "skip-execution"
MAX_SIZE = 64 * 2**20
"""Bytes; a larger file is not read."""


class DocumentError(Exception):
    """The file cannot be read as what its name says.

    Attributes:
        what: ``file`` when it is not text, ``notebook`` when it is not a notebook.
    """

    def __init__(self, what: Literal["file", "notebook"], problem: str) -> None:
        super().__init__(problem)
        self.what = what


@dataclass(frozen=True)
class CodeCell:
    """A piece of code.

    Attributes:
        number: from 1, counting all cells of the notebook; None for a script.
        text: the code.
        tags: the cell's tags.
    """

    number: int | None
    text: str
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Document:
    """A notebook or a script.

    Attributes:
        language: ``python``, ``r``, ``bash``, ``octave``, or another kernel's; "" where it is not known.
        notebook: it is a notebook, with IPython's syntax in Python cells.
        version: of the language, as the notebook says: (3, 13); () when it does not.
        cells: the code cells that will run.
    """

    language: str
    notebook: bool
    version: tuple[int, ...]
    cells: tuple[CodeCell, ...]


def read_document(path: Path) -> Document:
    """Read a notebook or a script.

    Raises:
        DocumentError: it cannot be read, is not UTF-8 text, or not a notebook.
    """
    try:
        if path.stat().st_size > MAX_SIZE:
            raise DocumentError("file", f"is larger than {MAX_SIZE // 2**20} MiB")
        content = path.read_bytes()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise DocumentError("file", f"cannot be read: {reason}") from problem
    return parse_document(content, path.name)


def parse_document(content: bytes, name: str) -> Document:
    """Parse a file's content; its language follows from the suffix of its name.

    Raises:
        DocumentError: it is not UTF-8 text, or not a notebook.
    """
    if name.lower().endswith(".ipynb"):
        return _notebook(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeError as problem:
        raise DocumentError("file", "is not UTF-8 text") from problem
    language = _SUFFIXES.get(Path(name).suffix.lower(), "bash" if text.startswith("#!") else "")
    return Document(language, False, (), (CodeCell(None, text),))


def _notebook(content: bytes) -> Document:
    try:
        notebook = json.loads(content.decode("utf-8"))  # as nbformat, which takes no other encoding
        metadata = _mapping(notebook.get("metadata"))
        # nbformat 3 keeps them in worksheets
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        code = tuple(
            CodeCell(number, _source(cell), _tags(cell))
            for number, cell in enumerate(cells, 1)
            if cell.get("cell_type") == "code"
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as problem:
        raise DocumentError("notebook", f"is not a notebook: {type(problem).__name__} {problem}") from problem
    spec, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    language = str(spec.get("language") or info.get("name") or spec.get("name") or "python").lower()
    return Document(
        _LANGUAGES.get(language, language),
        True,
        _version(info.get("version")),
        tuple(cell for cell in code if _SKIPPED not in cell.tags),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(str(line) for line in source)


def _tags(cell: Mapping[str, Any]) -> frozenset[str]:
    tags = _mapping(cell.get("metadata")).get("tags")
    return frozenset(str(tag) for tag in tags) if isinstance(tags, list) else frozenset()


def _version(text: Any) -> tuple[int, ...]:
    parts = str(text or "").split(".")[:2]
    decimal = all(part.isdecimal() and part.isascii() for part in parts)
    return tuple(int(part) for part in parts) if decimal else ()
