"""Write the table of nodes into docs/catalogs.md: ``python docs/catalog_table.py``."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.catalogs.loader import Component, components

PAGE = Path(__file__).parent / "catalogs.md"
BEGIN = "<!-- Written by docs/catalog_table.py: change the components, then run that. -->\n"
END = "<!-- End of what docs/catalog_table.py writes. -->\n"


def table() -> str:
    """Return one table for each group of the palette."""
    parts = []
    for category in dict.fromkeys(component.category for component in components().values()):
        rows = [_row(component) for component in components().values() if component.category == category]
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


def _row(component: Component) -> str:
    url, container = component.source.get("documentation"), component.source.get("container")
    name = f"[{component.name}]({url})" if url else component.name
    module = f"`{container['tool']}/{container['version']}` of {container['date']}" if container else ""
    inputs = [field["name"] for field in component.fields("inputPath")]
    inputs += [f"*{field['name']}*" for field in component.fields("inputValue") if "default" not in field]
    left_out = {item[1] for item in component.source["args"] if isinstance(item, list) and item[0] == "out"}
    outputs = [
        field["name"] + (" (if asked for)" if f"?{field['name']}" in left_out else "")
        for field in component.fields("outputPath")
    ]
    return f"| {name} | {module} | {', '.join(inputs)} | {', '.join(outputs)} |"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
