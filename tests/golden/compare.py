"""Comparing what was made with the stored files."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

STORED = Path(__file__).parent / "files"
UPDATE = "UPDATE_GOLDENS"
MAX_LINES = 400


def texts(folder: Path) -> dict[str, str]:
    """Return name to text of all files below a folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


def assert_golden(group: str, made: Mapping[str, str]) -> None:
    """Compare the files of a group with the stored ones, or store them when ``UPDATE_GOLDENS`` is set."""
    assert made, f"nothing was made of {group}"
    if os.environ.get(UPDATE):
        shutil.rmtree(STORED / group, ignore_errors=True)
        for name, text in made.items():
            path = STORED / group / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return
    lines = difference(texts(STORED / group), made)
    cut = [f"... {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES else []
    assert not lines, "\n".join(
        [f"{group} changed; if that is meant, `make goldens` rewrites them:", *lines[:MAX_LINES], *cut]
    )


def difference(stored: Mapping[str, str], made: Mapping[str, str]) -> list[str]:
    """Return the lines of a unified diff of two groups; none when they are equal."""
    lines: list[str] = []
    for name in sorted({*stored, *made}):
        old, new = stored.get(name), made.get(name)
        if old == new:
            continue
        diff = difflib.unified_diff(
            (old or "").splitlines(),
            (new or "").splitlines(),
            "/dev/null" if old is None else f"stored/{name}",
            "/dev/null" if new is None else f"made/{name}",
            lineterm="",
        )
        lines += list(diff) or [f"{name}: differs in line ends"]
    return lines
