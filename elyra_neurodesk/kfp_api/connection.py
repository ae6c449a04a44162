"""Connecting to the KFP API that a runtime configuration names.

Calls go through ``kfp_server_api``, the client that KFP generates from its API, and not through
``kfp.Client``: that takes seconds to import, asks for the API's health five times, prints links to standard
output, which belongs to ``--json``, and waits for answers without end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import loads
from typing import Any

import kfp_server_api
import urllib3.exceptions

from elyra_neurodesk.kfp_api import errors
from elyra_neurodesk.kfp_api.health import LOGIN, Health, precheck, unreachable
from elyra_neurodesk.network import TOO_MANY_REQUESTS, retry_policy
from elyra_neurodesk.settings import ANONYMOUS, RuntimeConfiguration, UnusableRuntimeConfiguration

REQUEST_TIMEOUT = (5.0, 60.0)
"""Seconds to connect and seconds to wait for an answer, for calls through ``kfp_server_api``."""


@dataclass(frozen=True)
class Authentication:
    """What requests carry so that the API lets them in; empty for an API without a login.

    Attributes:
        cookies: value of the header ``Cookie``.
        token: bearer token.
        refresh: sets a fresh token in a ``kfp_server_api.Configuration``, before each request
            (``kfp.client.TokenCredentialsBase.refresh_api_key_hook``).
    """

    cookies: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    refresh: Callable[[kfp_server_api.Configuration], None] | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers of one request."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.cookies:
            return {"Cookie": self.cookies}
        if self.refresh:
            holder = kfp_server_api.Configuration()
            self.refresh(holder)
            return {"Authorization": f"Bearer {holder.api_key['authorization']}"}
        return {}


Authenticator = Callable[[RuntimeConfiguration], Authentication]
"""Logs in; raises `ApiError`."""


@dataclass(frozen=True)
class Connection:
    """A KFP API that has answered.

    Attributes:
        config: the runtime configuration it came from.
        health: what the API said of itself.
        api_client: for the services of ``kfp_server_api``.
        headers: authentication headers, for what that client cannot ask; {} when none are needed.
        ca_file: PEM file with certificate authorities, None for the usual ones.
    """

    config: RuntimeConfiguration
    health: Health
    api_client: kfp_server_api.ApiClient = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: str | None = None

    @property
    def endpoint(self) -> str:
        """URL of the API, without a slash at its end."""
        return self.config.api_endpoint

    def call(self, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Make one call of ``kfp_server_api`` with a timeout, and return its answer.

        kfp reads any text as an empty answer: the page of a login that has expired, say. Here it is an error.

        Raises:
            LoginPage, NotAKfpApi: the answer is not JSON.
            kfp_server_api.ApiException, urllib3.exceptions.HTTPError: see `translate_errors`.
        """
        try:
            answer = method(*arguments, _request_timeout=REQUEST_TIMEOUT, **options)
        except UnicodeDecodeError as problem:  # kfp reads an error page as UTF-8, whatever it is in
            refused = problem.__context__
            if not isinstance(refused, kfp_server_api.ApiException):
                raise
            refused.body = ""
            raise refused from None
        except kfp_server_api.ApiException as problem:
            if problem.status:
                raise
            raise _rejected(self.endpoint, problem) from problem
        text = str(self.api_client.last_response.data).strip()
        if not text.startswith("{"):
            raise _not_json(self.endpoint, text)
        return answer


def connect(configuration: RuntimeConfiguration, authenticate: Authenticator) -> Connection:
    """Connect to the API of a runtime configuration: pre-check, then login where one is needed.

    An endpoint that asks for a login is only an error when the configuration says that none is needed;
    otherwise it is looked at again with the credentials.

    Args:
        configuration: names endpoint, type of authentication and credentials.
        authenticate: called once something answers, unless the type is `ANONYMOUS`.

    Raises:
        UnusableRuntimeConfiguration: the configuration names no endpoint.
        ApiError: what is wrong with the endpoint or the credentials.
    """
    endpoint = configuration.api_endpoint
    if not endpoint:
        raise UnusableRuntimeConfiguration(
            f"runtime configuration '{configuration.name}' has no API endpoint."
        )
    ca_file = os.environ.get("KF_PIPELINES_SSL_SA_CERTS") or None
    anonymous = configuration.auth_type == ANONYMOUS
    health: Health | None = None
    try:
        health = precheck(endpoint, ca_file=ca_file)
    except (errors.AccessDenied, errors.LoginPage):
        if anonymous:
            raise
    authentication = Authentication() if anonymous else authenticate(configuration)
    headers = authentication.headers()
    if health is None:
        health = precheck(endpoint, headers=headers, ca_file=ca_file)
    return Connection(configuration, health, _api_client(endpoint, authentication, ca_file), headers, ca_file)


def _api_client(
    endpoint: str, authentication: Authentication, ca_file: str | None
) -> kfp_server_api.ApiClient:
    """Return a client, set up as ``kfp.Client`` does it, with retries."""
    settings = kfp_server_api.Configuration(host=endpoint)
    settings.ssl_ca_cert = ca_file
    settings.retries = retry_policy()
    if authentication.token:
        settings.api_key["authorization"] = authentication.token
    elif authentication.refresh:
        settings.api_key["authorization"] = "replaced before each request"
        settings.refresh_api_key_hook = authentication.refresh
    if settings.api_key:
        settings.api_key_prefix["authorization"] = "Bearer"
    return kfp_server_api.ApiClient(settings, cookie=authentication.cookies or None)


@contextmanager
def translate_errors(endpoint: str) -> Iterator[None]:
    """Turn what kfp's client raises inside the block into an `ApiError`; a 404 stays as it is.

    What a 404 means depends on what was asked for: the caller catches ``kfp_server_api.ApiException``.

    Args:
        endpoint: URL of the API, for the messages.
    """
    try:
        yield
    except kfp_server_api.ApiException as problem:
        if problem.status == 404:
            raise
        raise _rejected(endpoint, problem) from problem
    except urllib3.exceptions.HTTPError as problem:
        raise unreachable(endpoint, problem, REQUEST_TIMEOUT[1]) from problem
    except (kfp_server_api.ApiTypeError, kfp_server_api.ApiValueError, UnicodeDecodeError) as problem:
        raise errors.NotAKfpApi(f"{endpoint} gave an answer that kfp cannot read: {problem}.") from problem


def _not_json(endpoint: str, text: str) -> errors.ApiError:
    if text.startswith("<") and LOGIN.search(text):
        return errors.LoginPage(f"a login page answered at {endpoint} instead of the Kubeflow Pipelines API.")
    return errors.NotAKfpApi(f"{endpoint} gave an answer that is not JSON: '{text[:80]}'.")


def _rejected(endpoint: str, problem: kfp_server_api.ApiException) -> errors.ApiError:
    message = reason(problem)
    if problem.status in (401, 403):
        return errors.AccessDenied(f"the API at {endpoint} denied access ({problem.status}): {message}")
    if not problem.status:  # kfp's way to say that it cannot parse a date
        return errors.NotAKfpApi(f"{endpoint} gave an answer that kfp cannot read: {message}.")
    if 300 <= problem.status < 400:
        location = str((problem.headers or {}).get("location") or "nowhere")
        kind = errors.LoginPage if LOGIN.search(location) else errors.WrongPath
        return kind(f"the API at {endpoint} sent a request elsewhere ({problem.status}): to {location}.")
    if problem.status == TOO_MANY_REQUESTS:
        return errors.TooManyRequests(f"the API at {endpoint} has too many requests (429): {message}")
    if problem.status >= 500:
        return errors.ServerFailure(f"the API at {endpoint} failed ({problem.status}): {message}")
    return errors.RequestRejected(f"the API at {endpoint} refused the request ({problem.status}): {message}")


def reason(problem: kfp_server_api.ApiException) -> str:
    """Return the API's own message, from its JSON body where it has one (gRPC gateway's or KFP's form)."""
    body = problem.body or ""
    try:
        content = loads(body)
    except ValueError:
        content = None
    if isinstance(content, dict):
        for key in ("message", "error_message", "error", "detail"):
            if content.get(key):
                return str(content[key])[:500]
    return str(problem.reason or "no reason given")
