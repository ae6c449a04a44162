"""The cache of Kubernetes' programs: each whole or not at all, and a word where they cannot be built."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cluster import binaries, build

NAMES = [name for _, packages in binaries.GROUPS for name in packages]
GO = """#!/bin/sh
[ "$1 $2" = "env GOVERSION" ] && echo go{version} && exit
while [ "$1" != -o ]; do shift; done
shift; folder=$1; shift
for package in "$@"; do
  [ "${{package##*/}}" = "{broken}" ] && exit 1
  name=${{package##*/}}; [ "$name" = . ] && name=${{PWD##*/}}
  echo program >"$folder/$name"
done
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ELYRA_NEURODESK_CLUSTER_TOOLS", str(tmp_path / "cache"))
    monkeypatch.setattr(binaries, "GO_ELSEWHERE", tmp_path / "nowhere" / "go")
    monkeypatch.setattr(build, "build_images", lambda: None)
    return tmp_path / "cache"


def put_go(
    directory: Path, monkeypatch: pytest.MonkeyPatch, version: str = "1.26.1", broken: str = ""
) -> None:
    program = directory / "go"
    program.write_text(GO.format(version=version, broken=broken))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=":")


def test_what_is_not_built_is_named_with_the_command_that_builds_it(cache: Path) -> None:
    with pytest.raises(binaries.NotBuilt) as missing:
        binaries.find(["etcd", "ctr"])
    assert str(missing.value) == f"etcd, ctr not built into {cache}: `make cluster-tools` does"


def test_all_are_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_go(tmp_path, monkeypatch)
    assert [group.names[0] for group in binaries.build() if group.seconds] == [
        "etcd",
        "kube-controller-manager",
        "containerd",
        "coredns",
        "argo-patch",
    ]
    assert list(binaries.find(NAMES)) == NAMES
    assert not any(group.seconds for group in binaries.build())


def test_a_build_that_failed_leaves_what_was_finished_and_nothing_half_done(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(tmp_path, monkeypatch, broken="kubelet")
    with pytest.raises(subprocess.CalledProcessError):
        list(binaries.build())
    assert sorted(path.name for path in cache.rglob("*") if path.is_file()) == [
        "build.lock",
        "etcd",
        "kube-apiserver",
    ]


def test_another_text_of_a_module_is_another_place_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {module: binaries.directory(module).name for module, _ in binaries.GROUPS}
    monkeypatch.setattr(binaries, "TOOLS", tmp_path)
    for module in before:
        (tmp_path / module).mkdir()
        (tmp_path / module / "go.mod").write_text(f"module {module}\n")
    assert not set(before.values()) & {binaries.directory(module).name for module in before}


@pytest.mark.parametrize(
    ("version", "reason"), [("", "there is none on PATH or at {nowhere}"), ("1.25.9", "{go} is older")]
)
def test_without_a_go_that_is_new_enough_nothing_is_built_and_the_reason_is_printed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    version: str,
    reason: str,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    if version:
        put_go(tmp_path, monkeypatch, version)
        monkeypatch.setenv("PATH", "/usr/bin:/bin", prepend=":")
    assert build.main() == 0
    expected = reason.format(nowhere=binaries.GO_ELSEWHERE, go=tmp_path / "go")
    assert (
        f"Not built: Go 1.26 or newer builds the cluster's tools, and {expected}." in capsys.readouterr().out
    )
