"""Write an OCI image archive from a directory: what ``ctr images import`` reads.

Format: https://github.com/opencontainers/image-spec (image-layout.md, manifest.md, config.md).
"""

from __future__ import annotations

import hashlib
import json
import platform
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # Go's names
_TYPE = "application/vnd.oci.image."
_MOUNTED = ("proc", "sys", "dev")  # the runtime's


def write_archive(target: Path, name: str, tree: Path, config: Mapping[str, Any]) -> None:
    """Write the image ``name`` with the files of ``tree`` as its one layer to ``target``.

    Args:
        target: the archive; made at the end, at once.
        name: with a tag, as pods name it.
        tree: root of the image's files; owners and modes are kept.
        config: ``User``, ``Env``, ``Entrypoint``, … of the image.
    """
    architecture = ARCHITECTURES[platform.machine()]
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".image-") as scratch:
        layout = Path(scratch)
        blobs = layout / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        layer = _layer(blobs, tree)
        content = {
            "architecture": architecture,
            "os": "linux",
            "config": dict(config),
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},  # not compressed: the same digest
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_TYPE}manifest.v1+json",
            "config": _json_blob(blobs, content, f"{_TYPE}config.v1+json"),
            "layers": [layer],
        }
        entry = {
            **_json_blob(blobs, manifest, f"{_TYPE}manifest.v1+json"),
            "platform": {"os": "linux", "architecture": architecture},
            "annotations": {
                "io.containerd.image.name": name,
                "org.opencontainers.image.ref.name": name.rpartition(":")[2],
            },
        }
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        (layout / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
        archive = layout / "archive.tar"
        with tarfile.open(archive, "w") as tar:
            for part in ("oci-layout", "index.json", "blobs"):
                tar.add(layout / part, arcname=part)
        archive.replace(target)


def _layer(blobs: Path, tree: Path) -> dict[str, Any]:
    path = blobs / "layer"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for member in sorted(tree.iterdir()):
            tar.add(member, arcname=member.name, recursive=member.name not in _MOUNTED)
    return _descriptor(path, f"{_TYPE}layer.v1.tar")


def _json_blob(blobs: Path, content: Mapping[str, Any] | Sequence[Any], media_type: str) -> dict[str, Any]:
    path = blobs / "json"
    path.write_text(json.dumps(content))
    return _descriptor(path, media_type)


def _descriptor(path: Path, media_type: str) -> dict[str, Any]:
    """Return what names the blob, after giving it the name of its digest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    blob = path.replace(path.with_name(digest))
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": blob.stat().st_size}
