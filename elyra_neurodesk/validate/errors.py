"""The errors of this package: each says that a value would not reach its task as it was typed."""

from __future__ import annotations

from elyra_neurodesk.errors import NeurodeskError


class UnusableText(NeurodeskError):
    """A text has a null character or half of a surrogate pair, which no program can be given."""

    code = "ND-FIELD-001"
    hint = "Type the text again; it was probably pasted from a binary file."


class InvalidVariable(NeurodeskError):
    """The name of an environment variable is not valid in Kubernetes."""

    code = "ND-FIELD-002"
    hint = "Use letters, digits, '_', '-' and '.', not a digit first and not '..' first."


class InvalidLabel(NeurodeskError):
    """A label, annotation or toleration is not valid in Kubernetes."""

    code = "ND-FIELD-003"
    hint = (
        "Keys are [PREFIX/]NAME; names and label values have up to 63 letters, digits, '-', '_' and '.', "
        "with a letter or digit first and last."
    )


class InvalidMount(NeurodeskError):
    """A volume cannot be mounted where the node wants it."""

    code = "ND-FIELD-004"
    hint = "Correct the node's data volumes: each needs an absolute mount path of its own."


class InvalidReference(NeurodeskError):
    """The name of a volume claim or of a secret is not valid in Kubernetes."""

    code = "ND-FIELD-005"
    hint = "Enter the name that `kubectl get pvc` or `kubectl get secret` shows."


class InvalidImage(NeurodeskError):
    """A runtime image is not an image reference."""

    code = "ND-FIELD-006"
    hint = "An image looks like vnmd/neurodesktop:2026-09-23; correct it under Runtime Images."


class InvalidOutput(NeurodeskError):
    """A declared output cannot be stored in the task's own directory."""

    code = "ND-FIELD-007"
    hint = "Declare outputs as paths relative to the notebook's directory, such as results/*.nii.gz."


class InvalidFileName(NeurodeskError):
    """A notebook or script has a name that cannot be stored or run."""

    code = "ND-FIELD-008"
    hint = "Rename the file: it ends in .ipynb, .py or .r and has no control characters."


class ValueTooLong(NeurodeskError):
    """A value is longer than what Linux, Kubernetes or Kubeflow Pipelines can pass on."""

    code = "ND-FIELD-009"
    hint = "Put it into a file and add that to the node's dependencies."


class PlaceholderInValue(NeurodeskError):
    """A value has a part that Kubeflow Pipelines, Argo or Kubernetes would replace."""

    code = "ND-FIELD-010"
    hint = "Change the value, or pass it in a file among the node's dependencies."


class InvalidParameterName(NeurodeskError):
    """A pipeline parameter's name is used twice or cannot be a Python argument."""

    code = "ND-FIELD-011"
    hint = "Names of parameters begin with a letter, followed by letters, digits and underscores."


class InexactValue(NeurodeskError):
    """A number or a value of another type would arrive changed."""

    code = "ND-FIELD-012"
    hint = "Enter a value of the input's own type; pass very large numbers as text."


class InvalidModule(NeurodeskError):
    """A name in the list of modules is not a name of a Neurodesk module."""

    code = "ND-FIELD-013"
    hint = "Modules are named TOOL or TOOL/VERSION, such as fsl/6.0.7.16."


class InputFileUnusable(NeurodeskError):
    """The file whose content a component takes cannot be read, is not text, or lies elsewhere."""

    code = "ND-FIELD-014"
    hint = "Choose a UTF-8 text file below the directory of the pipeline."
