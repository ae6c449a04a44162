"""Installs the Python packages that a task needs, only where they cannot be imported."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.errors import NeurodeskError, one_line
from elyra_neurodesk.storage import curl_transport
from elyra_neurodesk.storage.location import StorageLocation

_METADATA = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")
PIP_TIMEOUT = 900  # seconds


class PackageUnavailable(NeurodeskError):
    """A Python package that the task needs is neither in the image nor installable."""

    code = "ND-PACKAGE-001"
    exit_status = 16


def missing(packages: Iterable[str]) -> list[str]:
    """Return which of the packages cannot be imported here."""
    return [name for name in packages if importlib.util.find_spec(name) is None]


def for_store(location: StorageLocation) -> list[str]:
    """Return what the object store needs: nothing for a directory, or where curl can do it (pip is slow)."""
    if location.endpoint.startswith("file:"):
        return []
    return [] if not missing(["minio"]) or curl_transport.usable() else ["minio"]


def for_notebooks() -> list[str]:
    """Return what every notebook needs before its first cell.

    ipykernel belongs to it only in an image without any Jupyter. Elsewhere it waits until the kernel is
    known: installing it can overwrite the kernel that an image brings (Neurodesktop's is wrapped).
    """
    return ["papermill", *([] if importlib.util.find_spec("jupyter_client") else ["ipykernel"])]


def ensure(packages: Iterable[str], log: Log) -> None:
    """Install what cannot be imported; what can is left as it is, whatever its version.

    Raises:
        PackageUnavailable: pip failed, or a package still cannot be imported.
    """
    wanted = missing(packages)
    if not wanted:
        return
    log.say(f"installing {', '.join(wanted)}: not in this image")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    try:
        pip = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PIP_TIMEOUT,
            check=False,
        )
        failure = _last_error(pip.stderr) if pip.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as problem:
        failure = str(problem)
    importlib.invalidate_caches()
    if still := missing(wanted):
        raise PackageUnavailable(
            f"{', '.join(still)} cannot be imported by {sys.executable} and pip could not install it: "
            f"{failure or 'pip reported no error'}.",
            "Use a runtime image that has it, or let the task reach a package index (PIP_INDEX_URL).",
        )


def installed(path: Sequence[str] | None = None) -> dict[str, str]:
    """Return the distributions that this Python could import: name (PEP 503) to version, by name.

    Their metadata directories' names have both (PyPA, "Recording installed projects"). Opening every METADATA
    file, as importlib.metadata does, takes a hundred times as long.

    Args:
        path: directories to search, ``sys.path`` when left out; the first one that has a name counts.
    """
    found: dict[str, str] = {}
    for directory in sys.path if path is None else path:
        try:
            names = sorted(os.listdir(directory or "."))  # noqa: PTH208 - names are wanted
        except OSError:  # a zip file, or nothing
            continue
        for name in names:
            if match := _METADATA.fullmatch(name):
                found.setdefault(re.sub(r"[-_.]+", "-", match["name"]).lower(), match["version"])
    return dict(sorted(found.items()))


def digest(versions: Mapping[str, str]) -> str:
    """Return the SHA-256 (64 hex digits) of the lines ``name==version``, sorted by name."""
    lines = "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _last_error(text: str) -> str:
    """Return pip's own error line."""
    lines = [one_line(line) for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [""])[-1].removeprefix("ERROR: ").rstrip(".")
