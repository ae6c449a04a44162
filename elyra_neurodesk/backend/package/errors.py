"""Errors in packages and in the parameters of runs: codes ND-LOCAL-101 to -106."""

from __future__ import annotations

from elyra_neurodesk.errors import NeurodeskError


class InvalidPackage(NeurodeskError):
    """The text is not a compiled pipeline, or contradicts itself."""

    code = "ND-LOCAL-101"
    hint = "Compile the pipeline again with kfp 2."


class UnsupportedPackage(NeurodeskError):
    """The pipeline uses something that the embedded backend does not run."""

    code = "ND-LOCAL-102"
    hint = "Submit it to a Kubeflow Pipelines cluster."


class InvalidParameters(NeurodeskError):
    """A run's parameters are not those that the pipeline takes."""

    code = "ND-LOCAL-103"
    hint = "Give each parameter under its own name, with a value of its type."


class TaskInputMissing(NeurodeskError):
    """A task needs a value that neither the run nor the upstream task provided."""

    code = "ND-LOCAL-106"
    hint = "Give the parameter a value, or a default."
