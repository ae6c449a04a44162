"""The command that refreshes the runtime images, against a real little registry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.registry import Registry, digest, manifest, serving
from tools.runtime_images.registry import Registry as Client
from tools.runtime_images.registry import RegistryProblem

ROOT = Path(__file__).parents[3]
DATES = ("2026-08-22", "2026-09-14", "2026-09-23")
DESKTOP = {tag: manifest(tag) for tag in ("latest", "edge", *DATES)}
IMAGES = {"vnmd/neurodesktop": DESKTOP, "vnmd/neurocommand": {"latest": manifest("lean")}}


def refresh(registry: str, output: Path, *options: str) -> Any:
    command = [
        sys.executable,
        "-m",
        "tools.runtime_images",
        "--registry",
        registry,
        "--output",
        str(output),
    ]
    command += options
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def names(output: Path) -> dict[str, str]:
    return {
        path.name: json.loads(path.read_text("utf-8"))["metadata"]["image_name"]
        for path in sorted(output.glob("*.json"))
    }


@pytest.mark.parametrize("asks", [False, True], ids=["open", "with a token"])
def test_the_newest_images_are_written_with_their_digests(tmp_path: Path, asks: bool) -> None:
    (tmp_path / "neurodesktop-2020-01-01.json").touch()
    with serving(Registry(IMAGES, page=2, asks=asks)) as registry:
        done = refresh(registry.url, tmp_path, "--keep", "2")
        assert (
            sum("/tags/list" in path for path in registry.seen) >= 4
        )  # three pages of one, one of the other
    assert (done.returncode, done.stderr) == (0, "")
    assert names(tmp_path) == {
        "neurocommand-latest.json": f"vnmd/neurocommand:latest@{digest(manifest('lean'))}",
        **{
            f"neurodesktop-{tag}.json": f"vnmd/neurodesktop:{tag}@{digest(DESKTOP[tag])}" for tag in DATES[1:]
        },
    }
    assert f"removed {tmp_path / 'neurodesktop-2020-01-01.json'}" in done.stdout


def test_another_prefix_and_one_image_alone(tmp_path: Path) -> None:
    with serving(Registry({"neurodesk/neurodesktop": DESKTOP})) as registry:
        done = refresh(
            registry.url, tmp_path, "--prefix", "neurodesk/", "--image", "neurodesktop", "--keep", "1"
        )
    assert done.returncode == 0
    assert list(names(tmp_path).values()) == [
        f"neurodesk/neurodesktop:2026-09-23@{digest(DESKTOP['2026-09-23'])}"
    ]


def test_a_registry_that_fails_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "neurodesktop-2020-01-01.json").touch()
    with serving(Registry({})) as registry:
        done = refresh(registry.url, tmp_path)
        gone = registry.url
    assert done.returncode == 1
    assert done.stderr.startswith("ND-IMAGES-001: ")
    assert "answers 404" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    done = refresh(gone, tmp_path)
    assert "cannot be asked" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["neurodesktop-2020-01-01.json"]


def test_a_digest_that_the_content_does_not_have_is_refused() -> None:
    with serving(Registry(IMAGES, lies=True)) as registry, pytest.raises(RegistryProblem, match="as it says"):
        Client(registry.url, "vnmd/neurodesktop").digest("latest")
