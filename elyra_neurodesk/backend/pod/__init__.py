"""Reading compiled KFP packages and running their tasks as processes of this machine.

The names below are what the rest of the embedded backend uses. They are imported when first used, because
every pod's supervisor imports this module at its start and needs few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .inputs import check_run_parameters, resolve_inputs
    from .ir import load_package
    from .model import (
        Attempt,
        Executor,
        Inputs,
        Package,
        Parameter,
        Resources,
        Result,
        Retry,
        RunnerConfig,
        TaskNode,
    )
    from .runner import ProcessRunner

__all__ = [
    "Attempt",
    "Executor",
    "Inputs",
    "Package",
    "Parameter",
    "ProcessRunner",
    "Resources",
    "Result",
    "Retry",
    "RunnerConfig",
    "TaskNode",
    "check_run_parameters",
    "load_package",
    "resolve_inputs",
]

_ELSEWHERE = {
    "ProcessRunner": "runner",
    "check_run_parameters": "inputs",
    "load_package": "ir",
    "resolve_inputs": "inputs",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_ELSEWHERE.get(name, 'model')}", __name__), name)
