"""Parts of values that Argo, Kubeflow Pipelines (KFP) or Kubernetes replace on the way to a task."""

from __future__ import annotations

import re
from collections.abc import Set

from elyra_neurodesk.validate.errors import PlaceholderInValue
from elyra_neurodesk.validate.text import quoted

_REFERENCE = re.compile(r"\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
# names that a cluster may define in any container: service links, KFP's and Argo's own, proxies
_CLUSTER_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*|https?_proxy|no_proxy|all_proxy")


def find_placeholder(text: str, variables: Set[str] = frozenset()) -> str:
    """Return which part of a text would not arrive on a cluster as it is, and who replaces it; "" for none.

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


def check_placeholders(text: str, where: str) -> None:
    """Refuse a text of which any part would be replaced.

    Raises:
        PlaceholderInValue: it has such a part.
    """
    if what := find_placeholder(text):
        raise PlaceholderInValue(f"{where} {quoted(text)} has {what}.")


def check_braces(text: str, where: str) -> None:
    """Refuse ``{{`` in a text that no container sees: Argo would still take it for a placeholder.

    Raises:
        PlaceholderInValue: it has one.
    """
    if "{{" in text:
        raise PlaceholderInValue(
            f"{where} has '{{{{', where Argo and Kubeflow Pipelines expect a placeholder.",
            "Write '{ {', or leave it out.",
        )
