"""KFP's placeholders in commands and arguments.

What the KFP driver (backend/src/v2/driver/util.go, resolve.go) and launcher
(backend/src/v2/component/launcher_v2.go) replace between them, with two differences, both on the side of
exactness: the text is read once, so that a value that looks like a placeholder, or like Kubernetes'
``$(NAME)``, arrives as it is; and the run's own placeholders (``{{$.pipeline_job_uuid}}`` …) work in
arguments as well, where KFP knows them only as the whole value of a constant input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .errors import InvalidPlaceholder

_PLACEHOLDER = re.compile(
    r"\{\{\$(?:\.(?:inputs|outputs)\.(?:parameters|artifacts)\['[^']+'\](?:\.[a-z_]+)?|\.[a-zA-Z_.]+)?\}\}"
)
_FORM = re.compile(r'\s*\{"(?:IfPresent|Concat)":')
_REQUIRED = ("{{$.inputs.parameters[", "{{$.outputs.", "{{$.inputs.artifacts[")

Literal = Callable[[str], str]


def format_value(value: Any) -> str:
    """Return a parameter's value as it stands in an argument: numbers without exponent, JSON for the rest."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return format_number(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def format_number(number: float) -> str:
    """Return the shortest decimal notation of a 64-bit float: Go's ``FormatFloat(number, 'f', -1, 64)``."""
    number = float(number)
    if number != number or number in (float("inf"), float("-inf")):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(str(number), "NaN")
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def placeholder_values(executor_input: Mapping[str, Any], job: Mapping[str, str]) -> dict[str, str]:
    """Return the text for each placeholder.

    Args:
        executor_input: JSON of the message ExecutorInput.
        job: the run's own values, by the name in the placeholder (``pipeline_job_uuid`` …).
    """
    inputs, outputs = executor_input["inputs"], executor_input["outputs"]
    values = {"{{$}}": json.dumps(executor_input, ensure_ascii=False, separators=(",", ":"))}
    values |= {"{{$." + name + "}}": value for name, value in job.items()}
    values["{{$.outputs.output_file}}"] = values["{{$.outputMetadataUri}}"] = outputs["outputFile"]
    for name, value in inputs["parameterValues"].items():
        if value is not None:
            values["{{$.inputs.parameters['" + name + "']}}"] = format_value(value)
    for name, parameter in outputs["parameters"].items():
        values["{{$.outputs.parameters['" + name + "'].output_file}}"] = parameter["outputFile"]
    for direction, artifacts in (("inputs", inputs["artifacts"]), ("outputs", outputs["artifacts"])):
        for name, found in artifacts.items():
            artifact = found["artifacts"][0]
            stem = "{{$." + direction + ".artifacts['" + name + "']"
            values[stem + ".uri}}"] = artifact["uri"]
            values[stem + ".path}}"] = artifact.get("customPath") or artifact["uri"]
    return values


def resolve_constants(
    parameters: Mapping[str, Any], constants: Sequence[str], job: Mapping[str, str]
) -> dict[str, Any]:
    """Return a task's input values with the placeholders in constants replaced.

    Only the values in ``constants`` were written by the pipeline's compiler: ``{{$.pipeline_job_uuid}}`` and
    its like, and what KFP makes of Python f-strings (``{{$.inputs.parameters['pipelinechannel--x']}}-bar``).
    """
    values = {"{{$." + name + "}}": value for name, value in job.items()}
    values |= {
        "{{$.inputs.parameters['" + name + "']}}": format_value(value)
        for name, value in parameters.items()
        if name not in constants
    }

    def resolve(name: str, value: Any) -> Any:
        if name not in constants or not isinstance(value, str):
            return value
        return _PLACEHOLDER.sub(lambda match: values.get(match[0], match[0]), value)

    return {name: resolve(name, value) for name, value in parameters.items()}


def resolve_arguments(
    templates: Sequence[str], values: Mapping[str, str], literal: Literal = str
) -> list[str]:
    """Return a command's words: placeholders replaced, conditional words (IfPresent) kept or dropped.

    Args:
        templates: words as the package has them.
        values: from `placeholder_values`.
        literal: applied to the text between placeholders and never to values (Kubernetes' expansion).

    Raises:
        InvalidPlaceholder: a placeholder for an input or output that the task does not have.
    """
    words: list[str] = []
    for template in templates:
        if _FORM.match(template):
            words += _form(_load(template), values, literal)
        else:
            words.append(_text(template, values, literal))
    return words


def _load(template: str) -> Any:
    try:
        return json.loads(template)
    except ValueError as problem:
        raise InvalidPlaceholder(f"the argument {template[:120]!r} is not JSON: {problem}") from problem


def _text(template: str, values: Mapping[str, str], literal: Literal) -> str:
    pieces, end = [], 0
    for match in _PLACEHOLDER.finditer(template):
        value = values.get(match[0])
        if value is None:
            if match[0].startswith(_REQUIRED):
                raise InvalidPlaceholder(f"the task has no value for the placeholder {match[0]}.")
            continue
        pieces += [literal(template[end : match.start()]), value]
        end = match.end()
    return "".join((*pieces, literal(template[end:])))


def _form(form: Any, values: Mapping[str, str], literal: Literal) -> list[str]:
    """Return the words of a string, of ``{"Concat": […]}``, or of ``{"IfPresent": {…}}``."""
    match form:
        case None:
            return []
        case str():
            return [_text(form, values, literal)]
        case {"Concat": [*parts]}:
            return ["".join(word for part in parts for word in _form(part, values, literal))]
        case {"IfPresent": {"InputName": str(name), **branches}}:
            chosen = branches.get("Then" if _present(name, values) else "Else")
            parts = chosen if isinstance(chosen, list) else [chosen]
            return [word for part in parts for word in _form(part, values, literal)]
    raise InvalidPlaceholder(f"the argument has a form that KFP does not define: {str(form)[:120]}")


def _present(name: str, values: Mapping[str, str]) -> bool:
    return any(
        f"{{{{$.inputs.{kind}" in values
        for kind in (f"parameters['{name}']}}}}", f"artifacts['{name}'].uri}}}}")
    )
