import asyncio
import io
import tarfile
import zipfile
from typing import Any

import pytest
from starlette.requests import Request

from elyra_neurodesk.backend.api.body import (
    MAX_UPLOAD_BYTES,
    UploadedFile,
    check_name,
    package_text,
    read_json,
    read_upload,
)
from elyra_neurodesk.backend.api.problems import InvalidCall

TYPE = 'multipart/form-data; boundary="XX"'


def upload(content_type: str, *chunks: bytes) -> UploadedFile:
    """Return the file of a call whose body arrives in chunks."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "POST", "headers": headers, "app": None}
    return asyncio.run(read_upload(Request(scope, receive)))


def multipart(content: bytes, name: str = "p.yaml") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="uploadfile"; filename="{name}"\r\n'
    return head.encode() + b"Content-Type: text/plain\r\n\r\n" + content + b"\r\n--XX--\r\n"


def test_the_package_comes_out_byte_for_byte() -> None:
    text = "a: ü\r\n--X\n\n"
    body = multipart(text.encode(), "ü.yaml")
    for chunks in ((body,), tuple(body[i : i + 1] for i in range(len(body)))):
        found = upload(TYPE, *chunks)
        assert (found.file_name, package_text(found)) == ("ü.yaml", text)


def test_zip_and_tar_are_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pipeline.yaml", "a: 1")
        archive.writestr("other.yaml", "b: 1")
    assert package_text(upload(TYPE, multipart(packed.getvalue()))) == "a: 1"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("x.yaml")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"a: 1"))
    assert package_text(upload(TYPE, multipart(packed.getvalue()))) == "a: 1"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"x"),
        ("", b""),
        (TYPE, b""),
        ("multipart/form-data", multipart(b"a: 1")),
        (TYPE, b"no boundary at all"),
        (TYPE, b'--XX\r\nContent-Disposition: form-data; name="x"\r\n\r\nfield\r\n--XX--'),
        (TYPE, multipart(b"PK\x03\x04rubbish")),
        (TYPE, multipart(b"\x1f\x8brubbish")),
        (TYPE, multipart(b"\xff\xfe")),
    ],
)
def test_an_upload_without_a_package_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(InvalidCall):
        package_text(upload(content_type, body))


def test_an_upload_that_is_too_large_is_refused_before_it_is_read_whole() -> None:
    chunks = [multipart(b"")[:-10], *[b"x" * (1 << 20)] * (MAX_UPLOAD_BYTES // (1 << 20) + 2)]
    with pytest.raises(InvalidCall, match="larger than 32 MiB"):
        upload(TYPE, *chunks, b"never read")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a": NaN}', b'{"a": "\\ud800"}', b"\xff"])
def test_a_body_that_is_no_storable_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidCall):
        read_json(body)


def test_names_keep_unicode_and_have_limits() -> None:
    assert check_name("run", " Läuft 👩‍🔬 ") == "Läuft 👩‍🔬"
    assert check_name("run", "x" * 128) == "x" * 128
    for bad in ("", "  ", None, 5, "x" * 129, "a\nb", "a\0b"):
        with pytest.raises(InvalidCall):
            check_name("run", bad)
