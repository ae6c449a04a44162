"""The embedded backend's access token, and what is derived from it (HMAC-SHA-256, RFC 2104)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from elyra_neurodesk.backend.private_file import write_private
from elyra_neurodesk.errors import NeurodeskError

TOKEN_BYTES = 32
MAX_CHALLENGE_CHARACTERS = 128
SIGNATURE_SECONDS = 3600
_MIN_CHARACTERS = 32


class TokenUnusable(NeurodeskError):
    """The file with the embedded backend's token cannot be used."""

    code = "ND-LOCAL-031"
    hint = "Remove the file and type `elyra-neurodesk local up`: it makes a new one and registers it."


def read_token(file: Path) -> str:
    """Return the token in ``file``.

    Raises:
        TokenUnusable: there is none, it is too short, or others may read or have written it.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, encoding="ascii") as stream:
            facts = os.fstat(stream.fileno())
            token = stream.read().strip()
    except FileNotFoundError:
        raise TokenUnusable(
            f"there is no token in {file}.", "Type `elyra-neurodesk local up`: it makes one."
        ) from None
    except (OSError, UnicodeError) as problem:
        raise TokenUnusable(f"the token in {file} cannot be read: {problem}.") from problem
    if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o077:
        raise TokenUnusable(f"the token in {file} is another user's, or others may read it.")
    if len(token) < _MIN_CHARACTERS:
        raise TokenUnusable(f"the token in {file} has less than {_MIN_CHARACTERS} characters.")
    return token


def ensure_token(file: Path) -> str:
    """Return the token in ``file``, which is made (0600) when it is not there.

    Raises:
        TokenUnusable: as `read_token`.
    """
    if not file.exists():
        write_private(file, secrets.token_urlsafe(TOKEN_BYTES))
    return read_token(file)


def same(given: str, expected: str) -> bool:
    """Return whether two texts are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def page_session(token: str) -> str:
    """Return what the pages' cookie holds.

    It is not the token: browsers send a cookie to every port of a host, so other programs of this machine get
    to see it, and it opens the pages alone.
    """
    return _derive(token, "pages")


def cookie_name(port: int) -> str:
    """Return the name of the pages' cookie, with the server's port: browsers keep cookies by host."""
    return f"elyra-neurodesk-{port}"


def proof(token: str, port: int, challenge: str) -> str:
    """Return what a server on this port answers to a challenge, which shows that it has the token.

    The port is part of it: another server cannot pass the challenge on to ours and the answer back.
    """
    return _derive(token, f"server {port} {challenge}")


def sign_directory(token: str, directory: str, now: float) -> str:
    """Return a part of a URL that opens one directory to who has no cookie, `SIGNATURE_SECONDS` long.

    Args:
        token: the token.
        directory: what is opened, any text.
        now: seconds since the epoch.
    """
    until = int(now) + SIGNATURE_SECONDS
    return f"{until}-{_derive(token, f'directory {until} {directory}')}"


def is_signed(token: str, directory: str, signature: str, now: float) -> bool:
    """Return whether `sign_directory` made this signature for this directory, and its time is not over."""
    until, _, given = signature.partition("-")
    if not (until.isdecimal() and until.isascii() and now < int(until[:20])):
        return False
    return same(given, _derive(token, f"directory {until} {directory}"))


def _derive(token: str, purpose: str) -> str:
    return hmac.new(token.encode("ascii"), purpose.encode(), hashlib.sha256).hexdigest()
