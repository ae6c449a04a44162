from __future__ import annotations

import os
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.guard.kernel import wrappers
from tests.support.neurodesk_tree import Tool, make_tree

TOOLS = (
    Tool("fsl", "6.0.7", "20240101", {"bet": "echo works"}),
    Tool("old", "1.0", "20200101", {"oldtool": ""}, retired=True),
)


@pytest.fixture
def containers(tmp_path: Path) -> Path:
    return make_tree(tmp_path, TOOLS) / "containers"


def test_a_wrapper_is_known_by_the_list_of_commands_beside_it(containers: Path, tmp_path: Path) -> None:
    wrapper = containers / "fsl_6.0.7_20240101/bet"
    assert wrappers.container_of(str(wrapper)) == str(wrapper.parent)
    other = tmp_path / "bin/bet"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    assert wrappers.container_of(str(other)) is None


def test_a_wrapper_that_only_prints_is_retired_once_its_image_is_gone(containers: Path) -> None:
    wrapper = containers / "fsl_6.0.7_20240101/bet"
    assert not wrappers.is_retired(str(wrapper))
    (wrapper.parent / "fsl_6.0.7_20240101.simg").rmdir()
    assert wrappers.is_retired(str(wrapper))
    wrapper.write_text("#!/usr/bin/env bash\nsingularity exec x bet\n")
    assert not wrappers.is_retired(str(wrapper))


def test_the_notice_alone_makes_a_wrapper_retired(containers: Path) -> None:
    directory = containers / "old_1.0_20200101"
    (directory / "old_1.0_20200101.simg").mkdir()
    assert wrappers.is_retired(str(directory / "oldtool"))


def test_a_retired_container_is_known_by_its_wrappers(containers: Path) -> None:
    assert wrappers.retired_container(str(containers / "old_1.0_20200101"))
    assert not wrappers.retired_container(str(containers / "fsl_6.0.7_20240101"))


def test_a_command_is_looked_up_on_path(containers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrappers.find("bet") is None
    monkeypatch.setenv("PATH", str(containers / "fsl_6.0.7_20240101"), prepend=os.pathsep)
    assert wrappers.find("bet") == str(containers / "fsl_6.0.7_20240101/bet")
    assert wrappers.find("ls") is None
