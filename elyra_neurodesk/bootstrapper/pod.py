"""Ends a task whose pod the backend could not make as asked.

A backend that cannot give a pod its volumes may still start the bootstrapper without them, with the reason in
a variable, so that the task leaves a log and a record like any other that failed. The embedded backend does.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping

from elyra_neurodesk.errors import NeurodeskError

PROBLEM = "NEURODESK_POD_PROBLEM"
_CODED = re.compile(r"(ND-[A-Z]+-[0-9]{3}): (.+)", re.DOTALL)


class PodIncomplete(NeurodeskError):
    """The backend could not give the task what it needs, and said why."""

    code = "ND-POD-001"
    exit_status = 19


def check(environment: MutableMapping[str, str]) -> None:
    """Take the backend's message out of the environment.

    Raises:
        PodIncomplete: there is one; the error has the message's own code, if it begins with one.
    """
    problem = environment.pop(PROBLEM, "")
    if not problem:
        return
    coded = _CODED.fullmatch(problem)
    error = PodIncomplete(coded[2] if coded else problem, "")
    if coded:
        error.code = coded[1]
    raise error
