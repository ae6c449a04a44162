"""Which environment variables must be in the pod because they are read before the bootstrapper sets them."""

from __future__ import annotations

# Read by the start script, curl and pip, by Python and the C library when a process starts, and by the
# bootstrapper before it has the task's specification. ELYRA_NEURODESK_ are the embedded backend's.
ENV_BEFORE_BOOTSTRAP = (
    *("AWS_", "CURL_", "ELYRA_NEURODESK_", "GLIBC_TUNABLES", "HOME", "LANG", "LC_", "LD_", "MALLOC_"),
    *("OPENSSL_", "PATH", "PIP_", "PYTHON", "SSL_", "TMPDIR", "TZ"),
)


def is_read_before_bootstrapper(name: str) -> bool:
    """Return whether something reads the variable before the bootstrapper can set it for the user's code."""
    return name.upper().startswith(ENV_BEFORE_BOOTSTRAP) or "proxy" in name.lower()
