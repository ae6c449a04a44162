"""Loads the guard into the Python kernel that runs this file, under the name ``_neurodesk_guard``."""

# ruff: noqa: PTH100, PTH118, PTH120
import importlib.util
import os
import sys


def start() -> None:
    """Load the extension into this kernel's IPython, if it has one; an exception becomes a finding."""
    directory = os.path.dirname(os.path.abspath(__file__))
    name = "_neurodesk_guard"
    spec = importlib.util.spec_from_file_location(
        name, os.path.join(directory, "__init__.py"), submodule_search_locations=[directory]
    )
    if spec is None or spec.loader is None:
        return
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    notes = importlib.import_module(name + ".notes")
    try:
        ipython = sys.modules["IPython"].get_ipython()
        importlib.import_module(name + ".extension").load_ipython_extension(ipython)
    except Exception as problem:
        notes.report_internal_error(problem, "the start of the kernel")
