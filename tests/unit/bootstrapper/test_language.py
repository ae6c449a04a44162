"""Which language ran."""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.language import find
from elyra_neurodesk.record.model import Language


def executed(tmp_path: Path, **metadata: Any) -> Path:
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": metadata}))
    return path


TOLD = {"name": "Python", "version": "3.13.1"}


def test_a_notebooks_language_is_what_its_kernel_says(tmp_path: Path) -> None:
    path = executed(tmp_path, language_info=TOLD, papermill={"exception": None})
    assert find("a.ipynb", path, failed=False) == Language("python", "3.13.1")


def test_a_kernel_whose_cell_raised_has_answered_and_one_that_died_has_not(tmp_path: Path) -> None:
    raised = executed(tmp_path, language_info=TOLD, papermill={"exception": True})
    assert find("a.ipynb", raised, failed=True) == Language("python", "3.13.1")
    died = executed(tmp_path, language_info=TOLD, papermill={"exception": None})
    assert find("a.ipynb", died, failed=True) == Language("python", None)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"metadata": {"language_info": 3}}'])
def test_a_notebook_that_was_not_executed_has_no_language(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.ipynb"
    assert find("a.ipynb", path, failed=True) is None
    path.write_text(text)
    assert find("a.ipynb", path, failed=True) is None


def test_a_script_runs_in_our_python(tmp_path: Path) -> None:
    assert find("a.py", tmp_path / "a.py", failed=True) == Language("python", platform.python_version())


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="no R here")
def test_the_version_of_r_is_asked_from_rscript(tmp_path: Path) -> None:
    found = find("a.R", tmp_path / "a.R", failed=False)
    assert found is not None
    assert found.name == "r"
    assert found.version is not None
    assert found.version[0].isdigit()


def test_without_r_the_version_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("a.r", tmp_path / "a.r", failed=True) == Language("r", None)
