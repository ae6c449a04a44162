"""Which environment variables must be in the pod because they are read before the bootstrapper runs."""

from __future__ import annotations

# what the start script, Python, curl and pip read
ENV_BEFORE_BOOTSTRAP = (
    *("AWS_", "CURL_", "ELYRA_", "HOME", "LD_", "NEURODESK_", "PATH", "PIP_", "PYTHON", "SSL_", "TMPDIR"),
)


def is_read_before_bootstrapper(name: str) -> bool:
    """Return whether something reads the variable before the bootstrapper can set it for the user's code."""
    return name.upper().startswith(ENV_BEFORE_BOOTSTRAP) or "proxy" in name.lower()
