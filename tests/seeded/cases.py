"""The seeded notebooks and scripts, and what each says of itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_EXPECT = re.compile(r"^#?\s*expect: (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One file of ``wrong/`` or ``right/``.

    Attributes:
        path: the notebook or script.
        expect: what catches it; empty for one that is right. See README.md for its keys.
        node: properties of the node that runs it: ``modules``, ``outputs``, ``parameters``.
        kernel: name of the kernel, "" for a script.
    """

    path: Path
    expect: dict[str, Any] = field(default_factory=dict)
    node: dict[str, Any] = field(default_factory=dict)
    kernel: str = ""

    @property
    def name(self) -> str:
        """Return what the case is called in a test's id."""
        return f"{self.path.parent.name}-{self.path.stem}"

    @property
    def wrong(self) -> bool:
        """Return whether its result is wrong."""
        return self.path.parent.name == "wrong"

    @property
    def parameters(self) -> dict[str, str]:
        """Return the pipeline's parameters that the node takes, all of them text."""
        return dict(self.node.get("parameters", {}))


def read_case(path: Path) -> Case:
    """Read one file: notebooks keep what is expected in their metadata, scripts in a comment."""
    text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        found = _EXPECT.search(text)
        return Case(path, json.loads(found[1]) if found else {})
    metadata = json.loads(text)["metadata"]
    return Case(
        path,
        metadata.get("elyra_neurodesk_expect", {}),
        metadata.get("elyra_neurodesk_node", {}),
        metadata["kernelspec"]["name"],
    )


def all_cases() -> tuple[Case, ...]:
    """Return every case, the wrong ones first."""
    return tuple(
        read_case(path)
        for part in ("wrong", "right")
        for path in sorted((HERE / part).iterdir())
        if path.suffix in (".ipynb", ".py", ".r")
    )
