r"""What Kubernetes and Kubeflow Pipelines (KFP) accept: functions from a text to what is wrong with it.

Each returns "" for a valid text; `check` makes an error of anything else. The rules are those of
k8s.io/apimachinery/pkg/util/validation and k8s.io/kubernetes/pkg/apis/core/validation; the Python client of
Kubernetes has none of them. ``fullmatch`` and explicit letters, because ``$`` and ``\w`` of Python's regular
expressions let a final line break and letters of all scripts through.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.validate.text import quoted

Rule = Callable[[str], str]

_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_IMAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._:@/+-]*")
_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)?")
# volumes that KFP mounts into every container (backend/src/v2/compiler/argocompiler/container.go)
KFP_PATHS = ("/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config", "/kfp-launcher")


def check(rule: Rule, text: str, where: str, error: type[NeurodeskError]) -> None:
    """Raise ``error`` if a text breaks a rule.

    Args:
        rule: a function of this module.
        text: the text.
        where: what it is, for the message.
        error: the kind of error.
    """
    if problem := rule(text):
        raise error(f"{where} {quoted(text)} {problem}.")


def variable_name(text: str) -> str:
    """Check the name of an environment variable."""
    if not text:
        return "has no name"
    if not _VARIABLE.fullmatch(text) or text == "." or text.startswith(".."):
        return "is not a valid name of an environment variable"
    return ""


def label_key(text: str) -> str:
    """Check the key of a label or an annotation."""
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return "does not have a DNS name of up to 253 lower-case characters before its '/'"
    if len(name) > 63:
        return f"has {len(name)} characters; Kubernetes allows 63"
    return "" if _NAME.fullmatch(name) else "is not a valid name in Kubernetes"


def label_value(text: str) -> str:
    """Check the value of a label."""
    if len(text) > 63:
        return f"has {len(text)} characters; Kubernetes allows 63"
    return "" if not text or _NAME.fullmatch(text) else "is not a valid value in Kubernetes"


def claim_name(text: str) -> str:
    """Check the name of a volume claim; KFP names the pod's volume after it, which must be a DNS label."""
    if len(text) > 63:
        return f"has {len(text)} characters; the name of a volume may have 63"
    if not _DNS_LABEL.fullmatch(text):
        return (
            "is not a DNS label (lower-case letters, digits and '-'), which KFP needs for the volume's name"
        )
    return ""


def secret_name(text: str) -> str:
    """Check the name of a secret."""
    if len(text) > 253:
        return f"has {len(text)} characters; Kubernetes allows 253"
    return "" if _SUBDOMAIN.fullmatch(text) else "is not a DNS name in lower case"


def secret_key(text: str) -> str:
    """Check a key in a secret."""
    if len(text) > 253 or not _SECRET_KEY.fullmatch(text) or text == "." or text.startswith(".."):
        return "is not a valid key of a secret"
    return ""


def image(text: str) -> str:
    """Check an image's name: only characters that image references have."""
    return "" if len(text) <= 600 and _IMAGE.fullmatch(text) else "is not an image reference"


def module(text: str) -> str:
    """Check the name of a Neurodesk module."""
    return "" if len(text) <= 200 and _MODULE.fullmatch(text) else "is not a module name"


def mount_path(text: str) -> str:
    """Check where a volume is mounted."""
    if not text.startswith("/"):
        return "does not begin with '/'"
    if ":" in text:
        return "contains ':', which Kubernetes refuses"
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not parts:
        return "is the root directory"
    if ".." in parts:
        return "contains '..'"
    if f"/{'/'.join(parts)}" in KFP_PATHS:
        return "is a path that Kubeflow Pipelines itself mounts"
    return ""


def sub_path(text: str) -> str:
    """Check a directory in a volume."""
    if text.startswith("/"):
        return "is not relative"
    return "contains '..'" if ".." in text.split("/") else ""


def relative_path(text: str) -> str:
    """Check a path relative to the task's working directory, such as a declared output."""
    if not text.strip():
        return "is empty"
    if text.startswith("/"):
        return "is absolute"
    if ".." in text.split("/"):
        return "contains '..'"
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        return "has a control character, which an object store cannot list"
    if len(text.encode()) > 700 or any(len(part.encode()) > 255 for part in text.split("/")):
        return "is longer than an object's name can be"
    return ""
