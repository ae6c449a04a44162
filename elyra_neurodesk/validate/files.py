"""Text files whose content a component's input takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.validate.errors import InputFileUnusable
from elyra_neurodesk.validate.text import quoted


def input_text(entry: Mapping[str, Any], root: Path, where: str) -> Mapping[str, Any]:
    """Return a component's input that takes a file's content as one that takes text; others as they are.

    Raises:
        InputFileUnusable: see `read_input`.
    """
    if entry.get("widget") != "file":
        return entry
    path = entry.get("value")
    return {"widget": "string", "value": read_input(root, str(path), where) if path else None}


def read_input(root: Path, path: str, where: str) -> str:
    """Return the text of the file that a component's input names.

    A pipeline file may come from anybody: it must not have a file of this machine sent to a cluster that
    lies outside the directory it belongs to, neither by ``..`` nor through a symbolic link.

    Args:
        root: the directory that names are relative to.
        path: as the pipeline file has it.
        where: node and input, for messages.

    Raises:
        InputFileUnusable: outside of ``root``, not readable, or not UTF-8.
    """
    try:
        target = (root / path).resolve()
        if not target.is_relative_to(root.resolve()):
            raise InputFileUnusable(f"{where} takes the file {quoted(path)}, which is not below '{root}'.")
        # not read_text: that turns "\r\n" into "\n"
        return target.read_bytes().decode("utf-8")
    except UnicodeError:
        raise InputFileUnusable(f"{where} takes the file {quoted(path)}, which is not UTF-8 text.") from None
    except (OSError, ValueError, RuntimeError) as problem:
        if isinstance(problem, InputFileUnusable):
            raise
        reason = getattr(problem, "strerror", None) or problem
        raise InputFileUnusable(
            f"{where} takes the file {quoted(path)}, which cannot be read: {reason}."
        ) from problem
