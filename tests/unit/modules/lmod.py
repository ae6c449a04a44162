"""The installed Lmod, asked what it would do."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

COMMAND = Path("/usr/share/lmod/lmod/libexec/lmod")
needs_lmod = pytest.mark.skipif(not COMMAND.exists(), reason="Lmod is not installed")

_ORDER = """
package.path = "{0}/libexec/?.lua;{0}/tools/?.lua;" .. package.path
require("strict") require("string_utils") require("parseVersion")
for line in io.lines() do print(parseVersion(line)) end
"""
_LOADED = 'code=$("$1" bash load "$2" 2>/dev/null) && eval "$code" && printf %s "$LOADEDMODULES"'


def interpreter() -> str:
    """Return the Lua that Lmod itself runs on."""
    first = COMMAND.read_text().splitlines()[0].removeprefix("#!").split()[0]
    return shutil.which(first) or first


def order_keys(versions: Iterable[str], script: Path) -> list[str]:
    """Return what Lmod's own ``parseVersion`` makes of each version."""
    script.write_text(_ORDER.format(COMMAND.parent.parent))
    text = "".join(f"{version}\n" for version in versions)
    done = subprocess.run(
        [interpreter(), str(script)], input=text, capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.splitlines()


def loaded(request: str, places: Iterable[Path]) -> str:
    """Return the module that ``module load`` loads with these directories on MODULEPATH, "" if none."""
    clean = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", _LOADED, "lmod", str(COMMAND), request],
        env={**clean, "HOME": "/nowhere", "MODULEPATH": ":".join(map(str, places))},
        capture_output=True,
        text=True,
        timeout=20,
    )
    return done.stdout
