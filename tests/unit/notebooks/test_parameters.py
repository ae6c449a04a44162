from __future__ import annotations

import json
from pathlib import Path

import pytest

from elyra_neurodesk.notebooks.parameters import (
    DeclaredParameter,
    ParameterOfWrongType,
    declared_parameters,
    typed,
)


def notebook(
    path: Path, source: str, language: str = "python", tags: tuple[str, ...] = ("parameters",)
) -> Path:
    cell = {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source.splitlines(keepends=True),
        "execution_count": None,
        "outputs": [],
    }
    content = {
        "cells": [cell],
        "metadata": {"kernelspec": {"name": language, "language": language, "display_name": ""}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    path.write_text(json.dumps(content), "utf-8")
    return path


def kinds(path: Path) -> dict[str, str]:
    return {one.name: one.type for one in declared_parameters(path) or ()}


def test_the_types_are_those_of_the_defaults_of_a_python_cell(tmp_path: Path) -> None:
    source = """%matplotlib inline
subject = "sub-01"  # who
n = 3
frac, other = 0.5, 1
threshold = -2.5
flag = True
names = ["a", "b"]
sizes = (1, 2)
table = {"a": 1}
made = n + 1
nothing = None
first = second = 7
"""
    found = kinds(notebook(tmp_path / "n.ipynb", source))
    assert found == {
        "subject": "String",
        "n": "Integer",
        "threshold": "Float",
        "flag": "Bool",
        "names": "List",
        "sizes": "List",
        "table": "Dict",
        "made": "",
        "nothing": "",
        "first": "Integer",
        "second": "Integer",
    }


def test_hints_and_type_comments_win_over_defaults(tmp_path: Path) -> None:
    source = """a: float = 1
b: "int" = None
c: Optional[str] = None
d: int | None = None
e: list[str] = None
f = None  # type: bool
g: int
h: Path = "x"
"""
    found = {one.name: one for one in declared_parameters(notebook(tmp_path / "n.ipynb", source)) or ()}
    assert {name: one.type for name, one in found.items()} == {
        "a": "Float",
        "b": "Integer",
        "c": "String",
        "d": "Integer",
        "e": "List",
        "f": "Bool",
        "g": "Integer",
        "h": "String",
    }
    assert [name for name, one in found.items() if one.required] == ["g"]


def test_a_comment_that_only_looks_like_a_type_hides_nothing(tmp_path: Path) -> None:
    path = notebook(tmp_path / "n.ipynb", "a = 1  # type: of the scan\nb = 2\n")
    assert kinds(path) == {"a": "Integer", "b": "Integer"}


def test_an_r_cell_declares_its_parameters(tmp_path: Path) -> None:
    source = """subject <- "sub-01"  # who
n <- 3L
frac = 0.5
flag <- TRUE
names <- c("a", "b")
made <- n + 1
print(subject)
"""
    assert kinds(notebook(tmp_path / "n.ipynb", source, "R")) == {
        "subject": "String",
        "n": "Integer",
        "frac": "Float",
        "flag": "Bool",
        "names": "List",
        "made": "",
    }


def test_all_parameters_of_a_bash_cell_are_text(tmp_path: Path) -> None:
    path = notebook(tmp_path / "n.ipynb", "subject=sub-01\nexport n=3\necho $n\n", "bash")
    assert kinds(path) == {"subject": "String", "n": "String"}


def test_a_notebook_without_the_tag_declares_nothing(tmp_path: Path) -> None:
    assert declared_parameters(notebook(tmp_path / "n.ipynb", "n = 3", tags=())) is None
    assert declared_parameters(notebook(tmp_path / "n.ipynb", "1 +")) == ()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("Integer", "-5", -5),
        ("Float", "5", 5.0),
        ("Float", "1e-3", 0.001),
        ("Bool", "true", True),
        ("Bool", "False", False),
        ("String", "007", "007"),
        ("String", "a=b c", "a=b c"),
        ("List", "[1, 2.0, 'x']", '[1, 2.0, "x"]'),
        ("List", '["ü"]', '["ü"]'),
        ("Dict", '{"a": [1]}', '{"a": [1]}'),
        # no type: as papermill's -p takes it
        ("", "True", True),
        ("", "5", 5),
        ("", "0.5", 0.5),
        ("", "true", "true"),
        ("", "nan", "nan"),
    ],
)
def test_a_value_is_read_as_its_parameters_type(kind: str, text: str, value: object) -> None:
    found = typed(DeclaredParameter("x", kind, "1"), text, "n.ipynb").value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "named"),
    [
        ("Integer", "5.0", "a whole number (int)"),
        ("Integer", "five", "a whole number (int)"),
        ("Float", "five", "a number (float)"),
        ("Bool", "yes", "true or false (bool)"),
        ("List", "a,b", "a list such as [1, 2] (list)"),
        ("List", '{"a": 1}', "a list such as [1, 2] (list)"),
        ("Dict", "[1]", 'a dictionary such as {"a": 1} (dict)'),
    ],
)
def test_a_value_of_another_type_is_refused_naming_the_type(kind: str, text: str, named: str) -> None:
    with pytest.raises(ParameterOfWrongType) as caught:
        typed(DeclaredParameter("x", kind, "1"), text, "n.ipynb")
    assert caught.value.message == f"n.ipynb: parameter 'x' is '{text}', which is not {named}."
