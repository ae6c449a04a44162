"""Connecting to the KFP API that a runtime configuration names."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import loads
from typing import Any

import kfp
import kfp_server_api
import urllib3.exceptions

from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration
from elyra_neurodesk.kfp_api import errors as errors
from elyra_neurodesk.kfp_api.health import LOGIN, Health, precheck, unreachable
from elyra_neurodesk.network import TOO_MANY_REQUESTS, retry_policy
from elyra_neurodesk.settings import ANONYMOUS, RuntimeConfiguration, UnusableRuntimeConfiguration

__all__ = ["REQUEST_TIMEOUT", "Connection", "Health", "api_call", "connect", "connect_to", "precheck"]

REQUEST_TIMEOUT = (5.0, 60.0)
"""Seconds to connect and seconds to wait for an answer, for calls through ``kfp_server_api``."""


@dataclass(frozen=True)
class Connection:
    """A KFP API that has answered.

    Attributes:
        config: the runtime configuration it came from.
        health: what the API said of itself.
        client: ready to use.
        headers: authentication headers, for what kfp's client cannot ask; {} when none are needed.
        ca_file: PEM file with certificate authorities, None for the usual ones.
    """

    config: RuntimeConfiguration
    health: Health
    client: kfp.Client = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: str | None = None

    @property
    def endpoint(self) -> str:
        """URL of the API, without a slash at its end."""
        return self.config.api_endpoint

    @property
    def api_client(self) -> Any:
        """The ``kfp_server_api.ApiClient`` below ``client``: for calls that need a timeout."""
        return self.client._run_api.api_client

    def ask(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Make one call of ``kfp_server_api`` with a timeout, and return its answer.

        kfp reads any text as an empty answer: the page of a login that has expired, say. Here it is an error.

        Raises:
            LoginPage, NotAKfpApi: the answer is not JSON.
            kfp_server_api.ApiException, urllib3.exceptions.HTTPError: see `api_call`.
        """
        try:
            answer = call(*arguments, _request_timeout=REQUEST_TIMEOUT, **options)
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


class _Client(kfp.Client):  # type: ignore[misc]
    """kfp's client for an API whose health is known; kfp would ask five times, without a timeout."""

    def __init__(self, health: Health, **options: Any) -> None:
        self._health = health
        super().__init__(**options)
        # the pool is made anew: what it has already opened keeps urllib3's own retries
        pool = self._run_api.api_client.rest_client.pool_manager
        pool.connection_pool_kw["retries"] = retry_policy()
        pool.clear()

    def get_kfp_healthz(self, sleep_duration: int = 5) -> Any:
        """Return what the pre-check found."""
        return kfp_server_api.V2beta1GetHealthzResponse(multi_user=self._health.multi_user)


def connect(runtime_config_name: str | None = None) -> Connection:
    """Connect to the API of the runtime configuration of this name, or of the default one.

    Raises:
        NeurodeskError: ``ND-CONFIG-…`` for the configuration, ``ND-API-…`` for the endpoint.
    """
    return connect_to(chosen_runtime_configuration(runtime_config_name))


def connect_to(config: RuntimeConfiguration) -> Connection:
    """Connect to the API of ``config``: pre-check, Elyra's authentication, ``kfp.Client``.

    An endpoint that asks for a login is only an error when the configuration says that none is needed;
    otherwise it is looked at again with the credentials.

    Raises:
        UnusableRuntimeConfiguration: the configuration names no endpoint.
        ApiError: what is wrong with the endpoint or the credentials.
    """
    if not config.api_endpoint:
        raise UnusableRuntimeConfiguration(f"runtime configuration '{config.name}' has no API endpoint.")
    ca_file = os.environ.get("KF_PIPELINES_SSL_SA_CERTS") or None
    anonymous = config.auth_type == ANONYMOUS
    health: Health | None = None
    try:
        health = precheck(config.api_endpoint, ca_file=ca_file)
    except (errors.AccessDenied, errors.LoginPage):
        if anonymous:
            raise
    # without a login Elyra's authenticator would only ask, without a timeout, what is known by now
    auth = {} if anonymous else _authenticate(config)
    headers = _headers(auth)
    if health is None:
        health = precheck(config.api_endpoint, headers=headers, ca_file=ca_file)
    with warnings.catch_warnings(), api_call(config.api_endpoint):
        warnings.simplefilter("ignore", FutureWarning)  # "only works with KFP 2.0.0-beta.2 and later"
        client = _Client(
            health,
            host=config.api_endpoint,
            cookies=auth.get("cookies"),
            credentials=auth.get("credentials"),
            existing_token=auth.get("existing_token"),
            namespace=config.namespace,
            ssl_ca_cert=ca_file,
        )
    return Connection(config, health, client, headers, ca_file)


@contextmanager
def api_call(endpoint: str) -> Iterator[None]:
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
    told = reason(problem)
    if problem.status in (401, 403):
        return errors.AccessDenied(f"the API at {endpoint} denied access ({problem.status}): {told}")
    if not problem.status:  # kfp's way to say that it cannot parse a date
        return errors.NotAKfpApi(f"{endpoint} gave an answer that kfp cannot read: {told}.")
    if 300 <= problem.status < 400:
        location = str((problem.headers or {}).get("location") or "nowhere")
        kind = errors.LoginPage if LOGIN.search(location) else errors.WrongPath
        return kind(f"the API at {endpoint} sent a request elsewhere ({problem.status}): to {location}.")
    if problem.status == TOO_MANY_REQUESTS:
        return errors.TooManyRequests(f"the API at {endpoint} has too many requests (429): {told}")
    if problem.status >= 500:
        return errors.ServerFailure(f"the API at {endpoint} failed ({problem.status}): {told}")
    return errors.RequestRejected(f"the API at {endpoint} refused the request ({problem.status}): {told}")


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


def _authenticate(config: RuntimeConfiguration) -> dict[str, Any]:
    import requests
    from elyra.pipeline.kfp.kfp_authentication import AuthenticationError, KFPAuthenticator

    try:
        auth: dict[str, Any] = KFPAuthenticator().authenticate(
            config.api_endpoint,
            auth_type_str=config.auth_type,
            runtime_config_name=config.name,
            auth_parm_1=config.api_username or None,
            auth_parm_2=config.api_password or None,
        )
    except AuthenticationError as problem:
        raise errors.AuthenticationFailed(str(problem)) from problem
    except requests.RequestException as problem:
        raise unreachable(config.api_endpoint, problem) from problem
    return auth


def _headers(auth: Mapping[str, Any]) -> dict[str, str]:
    if auth.get("existing_token"):
        return {"Authorization": f"Bearer {auth['existing_token']}"}
    if auth.get("cookies"):
        return {"Cookie": str(auth["cookies"])}
    if auth.get("credentials"):
        holder = kfp_server_api.Configuration()
        auth["credentials"].refresh_api_key_hook(holder)
        return {"Authorization": f"Bearer {holder.api_key['authorization']}"}
    return {}
