"""Elyra pipelines of Neurodesk notebooks, on Kubeflow Pipelines or on this machine.

This module and everything that it imports must stay importable on Python 3.10 with the standard library
alone: the bootstrapper carries it into task containers.
"""

__version__ = "0.1.0"
