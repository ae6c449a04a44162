"""Connecting to the KFP API of one of Elyra's runtime configurations, with Elyra's authentication."""

from __future__ import annotations

import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from elyra_neurodesk.backend.recognition import prove
from elyra_neurodesk.elyra_adapter.runtime_configurations import chosen_runtime_configuration
from elyra_neurodesk.kfp_api import connection as kfp_api
from elyra_neurodesk.kfp_api.connection import Authentication, Connection
from elyra_neurodesk.kfp_api.errors import AuthenticationFailed
from elyra_neurodesk.kfp_api.health import unreachable
from elyra_neurodesk.port_forward.on_demand import ensure_forwarded
from elyra_neurodesk.settings import BEARER_TOKEN, RuntimeConfiguration

Say = Callable[[str], None]


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


def connect(name: str | None = None) -> Connection:
    """Connect to the API of the runtime configuration of this name, or of the default one.

    Raises:
        NeurodeskError: ``ND-CONFIG-…`` for the configuration, ``ND-API-…`` for the endpoint.
    """
    return connect_to(chosen_runtime_configuration(name))


def connect_to(configuration: RuntimeConfiguration, say: Say = _to_stderr) -> Connection:
    """Connect to the API of a runtime configuration, once its ports are forwarded where it asks for that.

    Args:
        configuration: names endpoint, type of authentication and credentials.
        say: is called with one line when a process that forwards is started.

    Raises:
        NeurodeskError: see `port_forward.on_demand.ensure_forwarded` and `kfp_api.connection.connect`.
    """
    ensure_forwarded(configuration, say)
    return kfp_api.connect(configuration, authenticate)


def authenticate(configuration: RuntimeConfiguration) -> Authentication:
    """Log in with the authenticator that Elyra has for the configuration's type.

    Raises:
        AuthenticationFailed: it gave up; the message is its own.
        NotOurServer: what answers on the embedded backend's port is another program; the token is not sent.
        ApiError: the endpoint could not be reached.
    """
    if configuration.auth_type == BEARER_TOKEN:
        # as Elyra's ExistingBearerTokenAuthenticator does it, without seconds of imports
        if not configuration.api_password.strip():
            raise AuthenticationFailed(f"runtime configuration '{configuration.name}' has no token.")
        if configuration.is_this_machine:
            prove(urlsplit(configuration.api_endpoint).port or 0, configuration.api_password)
        return Authentication(token=configuration.api_password)
    from elyra.pipeline.kfp.kfp_authentication import AuthenticationError, KFPAuthenticator

    try:
        found = KFPAuthenticator().authenticate(
            configuration.api_endpoint,
            auth_type_str=configuration.auth_type,
            runtime_config_name=configuration.name,
            auth_parm_1=configuration.api_username or None,
            auth_parm_2=configuration.api_password or None,
        )
    except AuthenticationError as problem:
        raise AuthenticationFailed(str(problem)) from problem
    except requests.RequestException as problem:
        raise unreachable(configuration.api_endpoint, problem) from problem
    credentials = found.get("credentials")
    return Authentication(
        cookies=str(found.get("cookies") or ""),
        token=str(found.get("existing_token") or ""),
        refresh=credentials.refresh_api_key_hook if credentials else None,
    )
