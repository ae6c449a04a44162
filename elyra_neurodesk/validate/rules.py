r"""What Kubernetes and Kubeflow Pipelines (KFP) take, as functions from a text to what is wrong with it.

Each returns "" for a valid text. The rules are those of k8s.io/apimachinery/pkg/util/validation and
k8s.io/kubernetes/pkg/apis/core/validation; ``fullmatch`` and explicit letters, because ``$`` and ``\w`` of
Python's regular expressions let a final line break and letters of all scripts through.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_IMAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._:@/+-]*")
_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)?")
# volumes that KFP mounts into every container (backend/src/v2/compiler/argocompiler/container.go)
KFP_PATHS = ("/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config", "/kfp-launcher")
_REFERENCE = re.compile(r"\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
# names that a cluster may define in any container: service links, KFP's and Argo's own, proxies
_CLUSTER_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*|https?_proxy|no_proxy|all_proxy")


def variable_name(text: str) -> str:
    """Check the name of an environment variable."""
    if not text:
        return "has no name"
    if not _VARIABLE.fullmatch(text) or text == "." or text.startswith(".."):
        return "is no name that Kubernetes takes for a variable"
    return ""


def label_key(text: str) -> str:
    """Check the key of a label or an annotation."""
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return "has no DNS name of up to 253 lower-case characters before its '/'"
    if len(name) > 63:
        return f"has {len(name)} characters; Kubernetes takes 63 at most"
    return "" if _NAME.fullmatch(name) else "is no name that Kubernetes takes"


def label_value(text: str) -> str:
    """Check the value of a label."""
    if len(text) > 63:
        return f"has {len(text)} characters; Kubernetes takes 63 at most"
    return "" if not text or _NAME.fullmatch(text) else "is no value that Kubernetes takes"


def claim_name(text: str) -> str:
    """Check the name of a volume claim; KFP names the pod's volume after it, which must be a DNS label."""
    if len(text) > 63:
        return f"has {len(text)} characters; as the name of a volume it may have 63"
    if not _DNS_LABEL.fullmatch(text):
        return "is no DNS label (lower-case letters, digits and '-'), which KFP needs for the volume's name"
    return ""


def secret_name(text: str) -> str:
    """Check the name of a secret."""
    if len(text) > 253:
        return f"has {len(text)} characters; Kubernetes takes 253 at most"
    return "" if _SUBDOMAIN.fullmatch(text) else "is no DNS name in lower case"


def secret_key(text: str) -> str:
    """Check a key in a secret."""
    if len(text) > 253 or not _SECRET_KEY.fullmatch(text) or text == "." or text.startswith(".."):
        return "is no key that a secret can have"
    return ""


def image(text: str) -> str:
    """Check an image's name: only characters that image references have."""
    return "" if len(text) <= 600 and _IMAGE.fullmatch(text) else "is no reference to an image"


def module(text: str) -> str:
    """Check the name of a Neurodesk module."""
    return "" if len(text) <= 200 and _MODULE.fullmatch(text) else "is no name of a module"


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
    """Check a declared output."""
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


def replaced(text: str, variables: frozenset[str] | set[str] = frozenset()) -> str:
    """Return which part of a text would not arrive on a cluster as it is, and who would replace it.

    * Argo reads ``{{…}}`` in every text of a workflow (util/template/template.go), ``{{=…}}`` as an
      expression; KFP's driver and launcher read ``{{$.…}}`` (backend/src/v2/driver/resolve.go,
      backend/src/v2/component/launcher_v2.go).
    * A value travels in arguments of the driver's and of the launcher's container, where Kubernetes makes
      ``$`` of ``$$`` and replaces ``$(NAME)`` by the variable NAME of that container. How often depends on
      KFP's version, so that doubling the ``$`` is no way out.

    Args:
        text: a value that nothing can escape.
        variables: names that the task defines.
    """
    if "{{" in text:
        return "'{{', where Argo and Kubeflow Pipelines expect a placeholder"
    if "$$" in text:
        return "'$$', of which Kubernetes makes '$'"
    for found in _REFERENCE.finditer(text):
        if found[1] in variables or _CLUSTER_VARIABLE.fullmatch(found[1]):
            return f"'{found[0][:40]}', which Kubernetes replaces by the value of a variable"
    return ""
