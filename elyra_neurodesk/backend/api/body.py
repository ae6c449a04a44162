"""What comes with a call: JSON objects and uploaded packages."""

from __future__ import annotations

import io
import json
import tarfile
import unicodedata
import zipfile
from email.message import Message
from typing import Any

from starlette.requests import Request

from elyra_neurodesk.backend.api.problems import InvalidCall

MIB = 1 << 20
MAX_UPLOAD_BYTES = 32 * MIB  # KFP's limit
MAX_NAME_CHARACTERS = 128  # KFP's column for pipeline names
_ENVELOPE = MIB  # multipart headers and the like


async def read_body(request: Request, limit: int = MAX_UPLOAD_BYTES + _ENVELOPE) -> bytes:
    """Return a call's body.

    Raises:
        InvalidCall: it is larger than ``limit`` bytes.
    """
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise InvalidCall(f"the upload is larger than {MAX_UPLOAD_BYTES // MIB} MiB.")
    return bytes(received)


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a call, or raise InvalidCall."""
    try:
        content = json.loads(body or b"{}", parse_constant=_refuse_constant)
        if b"\\u" in body:  # halves of a surrogate pair can be written as escapes and stored nowhere
            json.dumps(content, ensure_ascii=False).encode()
    except ValueError as problem:
        raise InvalidCall(f"the body is not JSON: {problem}.") from None
    if not isinstance(content, dict):
        raise InvalidCall("the body is not a JSON object.")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


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


def uploaded_package(content_type: str, body: bytes) -> tuple[str, str]:
    """Return the file name and the YAML of the package in a multipart/form-data body (RFC 7578).

    Packages may be YAML, or a zip or tar.gz that holds one, as kfp accepts them.

    Raises:
        InvalidCall: there is no file in it, or no package in the file.
    """
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise InvalidCall("the upload is not multipart/form-data.")
    mark = b"--" + boundary.encode()
    for part in (b"\r\n" + body).split(b"\r\n" + mark)[1:]:
        head, found, content = part.partition(b"\r\n\r\n")
        name = _file_name(head) if found else None
        if name is not None:
            return name, _unpack(name, content)
    raise InvalidCall("the upload has no file.")


def _file_name(head: bytes) -> str | None:
    """Return the file name in the headers of a part; None when the part is no file."""
    for line in head.decode("utf-8", "replace").splitlines():
        if line.lower().startswith("content-disposition:"):
            disposition = Message()
            disposition["content-disposition"] = line.partition(":")[2].strip()
            return disposition.get_filename()
    return None


def _unpack(name: str, content: bytes) -> str:
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
