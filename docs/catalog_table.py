"""Write the table of nodes into docs/catalogs.md: ``python docs/catalog_table.py``."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.catalogs.model import Step
from elyra_neurodesk.catalogs.tools import STEPS
from elyra_neurodesk.catalogs.tools.categories import CATEGORIES

PAGE = Path(__file__).parent / "catalogs.md"
BEGIN = "<!-- Written by docs/catalog_table.py: change the steps, then run that. -->\n"
END = "<!-- End of what docs/catalog_table.py writes. -->\n"


def table() -> str:
    """Return one table for each group of the palette."""
    parts = []
    for category in CATEGORIES:
        rows = [_row(step) for step in STEPS if step.category == category]
        parts += [
            f"### {category}\n",
            "| Node | Module | Inputs | Outputs |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    return "\n".join(parts)


def with_table(page: str) -> str:
    """Return the page with the table as it should be."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def _row(step: Step) -> str:
    name = f"[{step.name}]({step.url})" if step.url else step.name
    module = f"`{step.container.module}` of {step.container.date}" if step.container else ""
    inputs = [files.title for files in step.inputs] + [
        f"*{item.title}*" for item in step.options if item.required
    ]
    outputs = [item.title + (" (if asked for)" if item.optional else "") for item in step.outputs]
    return f"| {name} | {module} | {', '.join(inputs)} | {', '.join(outputs)} |"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
