"""Compiled packages, each parsed once."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from .model import Package

_MAX_PACKAGES = 32


class PackageCache:
    """Parsed packages by the hash of their text; the 32 used last are kept."""

    def __init__(self) -> None:
        self._parsed: OrderedDict[str, Package] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, text: str) -> Package:
        """Return the parsed package.

        Raises:
            InvalidPackage, UnsupportedPackage: why this package cannot run here.
        """
        from .read import load_package  # imports kfp: a second that a server's start need not take

        key = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            if key in self._parsed:
                self._parsed.move_to_end(key)
                return self._parsed[key]
        package = load_package(text)
        with self._lock:
            self._parsed[key] = package
            while len(self._parsed) > _MAX_PACKAGES:
                self._parsed.popitem(last=False)
        return package
