"""Check a KFP endpoint first, so that a wrong one is reported in one line and within seconds.

Elyra's authenticator asks without any timeout; `precheck` goes before it.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as wire
from requests.adapters import HTTPAdapter

from elyra_neurodesk.kfp_api import errors
from elyra_neurodesk.network import TOO_MANY_REQUESTS, caused_by, causes, retry_policy, root_text

HEALTHZ = "/apis/v2beta1/healthz"
TIMEOUT = 5.0
"""Seconds to connect, and seconds between two pieces of the answer."""

_MAX_BYTES = 65536
LOGIN = re.compile(r"log ?in|sign ?in|password|/dex/|oauth|openid|/auth", re.IGNORECASE)
"""What pages and addresses of logins have in them."""


@dataclass(frozen=True)
class Health:
    """What the health endpoint says.

    Attributes:
        multi_user: whether runs belong to namespaces.
        tag_name: version of the backend, e.g. ``2.5.0``; "" on builds that do not say.
    """

    multi_user: bool = False
    tag_name: str = ""


@dataclass(frozen=True)
class _Answer:
    status: int
    kind: str
    location: str
    body: bytes

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def is_page(self) -> bool:
        return "html" in self.kind or self.body.lstrip()[:1] == b"<"

    def health(self) -> Health | None:
        """Return what a KFP health endpoint says, None when this is not its answer."""
        if self.status != 200:
            return None
        try:
            content = json.loads(self.body)
        except ValueError:
            return None
        if not isinstance(content, dict):
            return None
        return Health(content.get("multi_user") is True, str(content.get("tag_name") or ""))


def precheck(
    endpoint: str,
    *,
    headers: Mapping[str, str] | None = None,
    ca_file: str | None = None,
    timeout: float = TIMEOUT,
) -> Health:
    """Ask the KFP API at ``endpoint`` whether it is there.

    Args:
        endpoint: URL of the API, with ``/pipeline`` or whatever path stands before ``/apis``.
        headers: authentication headers; none for an anonymous request.
        ca_file: PEM file with certificate authorities; those that kfp trusts when left out.
        timeout: seconds to connect, and seconds to wait for each piece of the answer.

    Returns:
        What the API says of itself.

    Raises:
        ApiError: the subclass for what is wrong, its message in one line and naming the endpoint.
    """
    probe = _Probe(endpoint.rstrip("/"), dict(headers or {}), ca_file, timeout)
    check_address(probe.endpoint)
    try:
        answer = probe.get(probe.endpoint)
    except (requests.RequestException, wire.HTTPError, UnicodeError) as problem:
        raise probe.unreachable(problem) from problem
    health = answer.health()
    if health is None:
        raise probe.refusal(answer)
    return health


def check_address(endpoint: str) -> None:
    """Check that ``endpoint`` is an http(s) URL with a host and nothing after its path.

    Raises:
        NotAnAddress: it is not.
    """
    try:
        parts = urlsplit(endpoint)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise errors.NotAnAddress(
            f"API endpoint '{endpoint}' is not a URL with http:// or https:// and a host."
        )
    if parts.query or parts.fragment:
        raise errors.NotAnAddress(
            f"API endpoint '{endpoint}' is the address of a page: leave out what follows '?' or '#'."
        )


@dataclass(frozen=True)
class _Probe:
    endpoint: str
    headers: dict[str, str]
    ca_file: str | None
    timeout: float

    def get(self, endpoint: str, verify: bool = True) -> _Answer:
        with requests.Session() as session:
            # as kfp_server_api: no proxies, netrc or certificates from the environment
            session.trust_env = False
            # what passes within a second; a port that nothing listens on is reported at once
            retries = retry_policy(2, connect=0, status_forcelist=(502, 503, 504))
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retries))
            with session.get(
                endpoint + HEALTHZ,
                headers=self.headers,
                timeout=self.timeout,
                verify=(self.ca_file or True) if verify else False,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = b""
                for piece in response.iter_content(8192):
                    body += piece
                    if len(body) >= _MAX_BYTES:
                        break
                kind = response.headers.get("content-type", "")
                return _Answer(response.status_code, kind.lower(), response.headers.get("location", ""), body)

    def unreachable(self, problem: Exception) -> errors.ApiError:
        """Return the error for a request that got no answer."""
        return self._wrong_scheme(problem) or unreachable(self.endpoint, problem, self.timeout)

    def refusal(self, answer: _Answer) -> errors.ApiError:
        """Return the error for an answer that is not the health endpoint's."""
        status, here = answer.status, self.endpoint
        said = f"the Kubeflow Pipelines API at {here} answered {status}"
        if status in (401, 403):
            return errors.AccessDenied(f"{said}: access denied.")
        if status == TOO_MANY_REQUESTS:
            return errors.TooManyRequests(f"{said}: too many requests.")
        if status >= 500:
            return errors.ServerFailure(f"{said}: it, or a proxy before it, fails.")
        if 300 <= status < 400:
            return self._redirected(answer)
        if status == 400 and self._speaks_tls():
            return self._other_scheme()
        if status == 404 or answer.is_page():
            elsewhere = next((other for other in alternatives(here) if self._is_kfp(other)), "")
            if elsewhere:
                return errors.WrongPath(
                    f"there is no Kubeflow Pipelines API at {here}, but there is one at {elsewhere}.",
                    f"Set the API endpoint in the runtime configuration to {elsewhere}",
                )
        if status == 404:
            tried = " and ".join(alternatives(here))
            return errors.WrongPath(f"there is no Kubeflow Pipelines API at {here} (404), nor at {tried}.")
        if answer.is_page() and LOGIN.search(answer.text()):
            return errors.LoginPage(f"a login page answers at {here} instead of the Kubeflow Pipelines API.")
        what = "a page for people" if answer.is_page() else "something else"
        return errors.NotAKfpApi(
            f"{what} answers at {here} (status {status}), not the Kubeflow Pipelines API."
        )

    def _redirected(self, answer: _Answer) -> errors.ApiError:
        here, there = urlsplit(self.endpoint), urlsplit(answer.location)
        if there.scheme == "https" and here.scheme == "http" and there.hostname == here.hostname:
            return self._other_scheme()
        if LOGIN.search(answer.location):
            return errors.LoginPage(
                f"{self.endpoint} sends every request to a login page ({answer.location})."
            )
        return errors.WrongPath(
            f"{self.endpoint} is not where the API is: it points to {answer.location or 'nowhere'}."
        )

    def _wrong_scheme(self, problem: Exception) -> errors.WrongScheme | None:
        if caused_by(problem, ssl.SSLCertVerificationError, ConnectionRefusedError, socket.gaierror):
            return None
        if self.endpoint.startswith("https:"):
            wrong = caused_by(problem, requests.exceptions.SSLError) and self._speaks_http()
        else:
            wrong = not caused_by(problem, requests.Timeout) and self._speaks_tls()
        return self._other_scheme() if wrong else None

    def _other_scheme(self) -> errors.WrongScheme:
        secure = self.endpoint.startswith("https:")
        spoken, other = ("plain HTTP", "http") if secure else ("HTTPS", "https")
        better = urlsplit(self.endpoint)._replace(scheme=other).geturl()
        return errors.WrongScheme(
            f"{self.endpoint} speaks {spoken}.",
            f"Set the API endpoint in the runtime configuration to {better}",
        )

    def _speaks_http(self) -> bool:
        try:
            self.get("http:" + self.endpoint.partition(":")[2])
        except (requests.RequestException, wire.HTTPError):
            return False
        return True

    def _speaks_tls(self) -> bool:
        """Return whether a TLS handshake succeeds at the endpoint's port, whoever signed its certificate."""
        parts = urlsplit(self.endpoint)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # nothing is sent: only whether TLS is spoken matters
        address = (parts.hostname or "", parts.port or 443)
        try:
            with (
                socket.create_connection(address, self.timeout) as plain,
                context.wrap_socket(plain, server_hostname=parts.hostname),
            ):
                return True
        except (OSError, ValueError):
            return False

    def _is_kfp(self, endpoint: str) -> bool:
        try:
            return self.get(endpoint).health() is not None
        except (requests.RequestException, wire.HTTPError):
            return False


def alternatives(endpoint: str) -> list[str]:
    """Return where else on the same host the API usually is: with ``/pipeline``, and without any path."""
    parts = urlsplit(endpoint)
    candidates = [parts._replace(path=path).geturl() for path in ("/pipeline", "")]
    return [candidate for candidate in candidates if candidate != endpoint]


def unreachable(endpoint: str, problem: Exception, timeout: float = TIMEOUT) -> errors.ApiError:
    """Return why no answer came from ``endpoint``, from what requests or urllib3 raised."""
    kinds = set(_kinds(problem))
    host = urlsplit(endpoint).hostname
    if "address" in kinds:
        return errors.NotAnAddress(f"API endpoint '{endpoint}' cannot be called: {root_text(problem)}.")
    if "name" in kinds:
        return errors.NameNotFound(f"the host '{host}' of the API endpoint {endpoint} is not known.")
    if "refused" in kinds:
        return errors.NothingListens(f"nothing listens at {endpoint}.")
    if "tls" in kinds:
        return errors.CertificateNotTrusted(f"no trusted TLS connection to {endpoint}: {root_text(problem)}.")
    if "timeout" in kinds:
        return errors.NoAnswerInTime(f"no answer from {endpoint} within {timeout:g} s.")
    return errors.ConnectionBroken(f"the connection to {endpoint} broke: {root_text(problem)}.")


def _kinds(problem: Exception) -> Iterator[str]:
    for cause in causes(problem):
        if isinstance(cause, (wire.LocationParseError, requests.exceptions.InvalidURL, UnicodeError)):
            yield "address"
        elif isinstance(cause, (socket.gaierror, wire.NameResolutionError)):
            yield "name"
        elif isinstance(cause, ConnectionRefusedError):
            yield "refused"
        elif isinstance(cause, (ssl.SSLError, wire.SSLError)):
            yield "tls"
        elif isinstance(cause, wire.NewConnectionError):
            continue  # a TimeoutError by inheritance only; what it wraps comes next
        elif isinstance(cause, (TimeoutError, requests.Timeout, wire.TimeoutError)):
            yield "timeout"
