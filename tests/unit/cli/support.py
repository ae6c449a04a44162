"""What terminals show."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console


def shown(content: Any, width: int = 140) -> str:
    """Return what a terminal of this width shows."""
    stream = io.StringIO()
    Console(file=stream, width=width).print(content)
    return stream.getvalue()


def lines(text: str) -> dict[str, str]:
    """Return the lines of a page by their first word."""
    return {line.split()[0]: line for line in text.splitlines() if line.split()}
