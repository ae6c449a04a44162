"""``elyra-neurodesk cluster``: what needs no cluster. tests/cluster has the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from elyra_neurodesk.cli.main import run


def test_render_writes_files_twice_but_replaces_none_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cluster", "render", str(tmp_path), "--seccomp-profile", "neurodesk.json"]) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert tmp_path / "kustomization.yaml" in written
    assert run(["cluster", "render", str(tmp_path), "--seccomp-profile", "neurodesk.json"]) == 0
    assert run(["cluster", "render", str(tmp_path)]) == 1
    assert "ND-CLUSTER-030" in capsys.readouterr().err
    assert run(["cluster", "render", str(tmp_path), "--force"]) == 0
    policy = yaml.safe_load((tmp_path / "mutatingadmissionpolicy-neurodesk-cvmfs.yaml").read_text("utf-8"))
    assert len(policy["spec"]["mutations"]) == 2


def test_apptainer_as_root_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cluster", "render", str(tmp_path), "--run-as-user", "0"]) == 1
    assert "ND-CLUSTER-028" in capsys.readouterr().err
