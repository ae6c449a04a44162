"""Names in the code are the field's: those that only this project once used do not come back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "elyra_neurodesk"

RENAMED = {
    "with_wishes": "apply_component_annotations",
    "withhold": "hide_from_validation",
    "create_once": "create_if_absent",
    "Stock": "FileManifest",
    "Defect": "InternalError",
    "place": "plan_mounts",
    "notices": "unsupported",
    "shield": "move_env",
    "Stream": "EventInliner",
    "Left": "CellResult",
    "within": "run_with_timeout",
    "patient": "retry_policy",
    "explained": "translate_errors",
    "_told": "translate_errors",
    "follow": "poll",
    "_shrugged": "_failure_ignored",
    "_unheard": "_unraised",
    "EARLY": "ENV_BEFORE_BOOTSTRAP",
    "OWN_EXECUTORS": "SHARE_EXECUTORS_ABOVE",
    "_MOST": "MAX_…",
    "_DEEPEST": "MAX_…",
    "_LONGEST": "MAX_…",
    "LISTED": "MAX_…",
}
"""Names of classes, functions and constants, and what stands in their place."""

FILES = {
    *("wishes", "withheld", "once", "terms", "stock", "defect", "workplace", "placement", "notices"),
    *("shield", "asking", "following", "outside", "inside"),
}


def defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module defines: classes, functions, methods and its own variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
    for node in tree.body:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name):
                yield target.id


def test_no_name_of_the_private_dialect_is_defined() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {name}; say {RENAMED[name]}"
        for path in PACKAGE.rglob("*.py")
        for name in sorted(RENAMED.keys() & set(defined(ast.parse(path.read_text("utf-8")))))
    ]
    assert found == []


def test_no_file_or_folder_has_a_name_of_it() -> None:
    names = {
        name.removesuffix(".py") for path in PACKAGE.rglob("*.py") for name in path.relative_to(PACKAGE).parts
    }
    assert names & FILES == set()
