"""Bodies of requests: JSON objects and uploaded packages."""

from __future__ import annotations

import io
import json
import tarfile
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message as ASGIMessage
from starlette.types import Receive

from elyra_neurodesk.backend.api.problems import InvalidCall

MIB = 1 << 20
MAX_UPLOAD_BYTES = 32 * MIB  # KFP's limit
MAX_NAME_CHARACTERS = 128  # KFP's column for pipeline names
_ENVELOPE = MIB  # multipart headers and the like


@dataclass(frozen=True)
class UploadedFile:
    """A file that came with a call."""

    file_name: str
    content: bytes


async def read_body(request: Request) -> bytes:
    """Return a call's body.

    Raises:
        InvalidCall: it is too large.
    """
    return await Request(request.scope, _limited(request.receive)).body()


async def read_upload(request: Request) -> UploadedFile:
    """Return the file in a multipart/form-data body (RFC 7578).

    Raises:
        InvalidCall: there is none, or the body is too large.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidCall("the upload is not multipart/form-data.")
    try:
        async with Request(request.scope, _limited(request.receive)).form() as form:
            for _, value in form.multi_items():
                if isinstance(value, UploadFile):
                    return UploadedFile(value.filename or "", await value.read())
    except HTTPException as problem:
        raise InvalidCall(f"the upload cannot be read: {problem.detail}") from problem
    raise InvalidCall("the upload has no file.")


def _limited(receive: Receive) -> Receive:
    """Return an ASGI receive function that refuses a body of more than MAX_UPLOAD_BYTES and an envelope."""
    received = 0

    async def limited() -> ASGIMessage:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_UPLOAD_BYTES + _ENVELOPE:
            raise InvalidCall(f"the upload is larger than {MAX_UPLOAD_BYTES // MIB} MiB.")
        return message

    return limited


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a call, or raise InvalidCall."""
    try:
        content = json.loads(body or b"{}", parse_constant=_refuse_constant)
        if b"\\u" in body:  # halves of a surrogate pair can be written as escapes and stored nowhere
            json.dumps(content, ensure_ascii=False).encode()
    except ValueError as problem:
        raise InvalidCall(f"the body is not JSON: {problem}.") from None
    except RecursionError:
        raise InvalidCall("the body is nested too deeply.") from None
    if not isinstance(content, dict):
        raise InvalidCall("the body is not a JSON object.")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def check_name(kind: str, name: object, limit: int = MAX_NAME_CHARACTERS) -> str:
    """Return a display name without white space at its ends.

    Raises:
        InvalidCall: it is missing, has control characters, or is longer than ``limit`` characters.
    """
    text = name.strip() if isinstance(name, str) else ""
    if not text:
        raise InvalidCall(f"the {kind} needs a name.")
    if len(text) > limit:
        raise InvalidCall(f"the {kind}'s name has {len(text)} characters; {limit} are allowed.")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise InvalidCall(f"the {kind}'s name {text!r} has characters that cannot be printed.")
    return text


def package_text(upload: UploadedFile) -> str:
    """Return the YAML of an uploaded package, which may be in a zip or tar.gz, as kfp accepts them.

    Raises:
        InvalidCall: there is no package in the file, or it is too large.
    """
    name, content = upload.file_name, upload.content
    try:
        if content[:2] == b"PK":
            content = _from_zip(content)
        elif content[:2] == b"\x1f\x8b":
            content = _from_tar(content)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, KeyError) as problem:
        raise InvalidCall(f"the package {name!r} cannot be unpacked: {problem}.") from problem
    if len(content) > MAX_UPLOAD_BYTES:
        raise InvalidCall(f"the package {name!r} is larger than {MAX_UPLOAD_BYTES // MIB} MiB.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidCall(f"the package {name!r} is not UTF-8 text.") from None


def _choose(names: list[str]) -> str:
    found = [name for name in names if name.endswith((".yaml", ".yml"))]
    if "pipeline.yaml" in found:
        return "pipeline.yaml"
    if len(found) != 1:
        raise InvalidCall(f"the package holds {len(found)} YAML files; one is needed.")
    return found[0]


def _from_zip(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(_choose(archive.namelist())) as file:
        return file.read(MAX_UPLOAD_BYTES + 1)


def _from_tar(content: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        file = archive.extractfile(_choose([member.name for member in archive if member.isfile()]))
        return file.read(MAX_UPLOAD_BYTES + 1) if file else b""
