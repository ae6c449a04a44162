import io
import tarfile
import zipfile

import pytest

from elyra_neurodesk.backend.api.body import check_name, read_json, uploaded_package
from elyra_neurodesk.backend.api.problems import InvalidCall

TYPE = 'multipart/form-data; boundary="XX"'


def multipart(content: bytes, name: str = "p.yaml") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="uploadfile"; filename="{name}"\r\n'
    return head.encode() + b"Content-Type: text/plain\r\n\r\n" + content + b"\r\n--XX--\r\n"


def test_the_package_comes_out_byte_for_byte() -> None:
    text = "a: ü\r\n--X\n\n"
    assert uploaded_package(TYPE, multipart(text.encode())) == ("p.yaml", text)


def test_zip_and_tar_are_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pipeline.yaml", "a: 1")
        archive.writestr("other.yaml", "b: 1")
    assert uploaded_package(TYPE, multipart(packed.getvalue()))[1] == "a: 1"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("x.yaml")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"a: 1"))
    assert uploaded_package(TYPE, multipart(packed.getvalue()))[1] == "a: 1"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"x"),
        ("", b""),
        (TYPE, b""),
        (TYPE, b'--XX\r\nContent-Disposition: form-data; name="x"\r\n\r\nfield\r\n--XX--'),
        (TYPE, multipart(b"PK\x03\x04rubbish")),
        (TYPE, multipart(b"\x1f\x8brubbish")),
        (TYPE, multipart(b"\xff\xfe")),
    ],
)
def test_an_upload_without_a_package_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(InvalidCall):
        uploaded_package(content_type, body)


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
