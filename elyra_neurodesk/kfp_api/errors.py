"""What can go wrong between here and a KFP API, one class each."""

from __future__ import annotations

from elyra_neurodesk.errors import NeurodeskError


class ApiError(NeurodeskError):
    """Common base: the KFP API did not do what was asked."""

    code = "ND-API-000"


class NothingListens(ApiError):
    """The machine is there and nothing listens on the port."""

    code = "ND-API-001"
    hint = (
        "Start it: `elyra-neurodesk local up` for the embedded backend; for a cluster check the address and "
        "that the port-forward runs."
    )


class NameNotFound(ApiError):
    """The host's name has no address."""

    code = "ND-API-002"
    hint = "Check the host in the runtime configuration's API endpoint, the DNS and the VPN."


class CertificateNotTrusted(ApiError):
    """The TLS handshake failed, usually because the certificate's authority is not trusted."""

    code = "ND-API-003"
    hint = "Set KF_PIPELINES_SSL_SA_CERTS to the file with the certificate authority that signed it."


class WrongScheme(ApiError):
    """Plain HTTP was spoken to an HTTPS port, or the other way round."""

    code = "ND-API-004"
    hint = "Change the scheme of the API endpoint in the runtime configuration."


class AccessDenied(ApiError):
    """The API requires credentials, or does not accept these."""

    code = "ND-API-005"
    hint = (
        "Check the authentication type, user name and password or token, and the user namespace in the "
        "runtime configuration; a token that has expired must be replaced."
    )


class WrongPath(ApiError):
    """A web server answers and has no KFP API at this path."""

    code = "ND-API-006"
    hint = "Kubeflow mostly has the API at https://HOST/pipeline, a port-forwarded ml-pipeline at its root."


class LoginPage(ApiError):
    """A login page in front of the API answered in its place."""

    code = "ND-API-007"
    hint = "Set the authentication type, user name and password or token in the runtime configuration."


class ServerFailure(ApiError):
    """The API, or a proxy before it, failed (HTTP 5xx)."""

    code = "ND-API-008"
    hint = "Try again in a minute; when it stays, look at the log of the API server."


class NoAnswerInTime(ApiError):
    """The connection was made, or tried, and no answer came in time."""

    code = "ND-API-009"
    hint = "Check the address, the firewall and the VPN, and whether the server is overloaded."


class NotAKfpApi(ApiError):
    """Something answers, and it is not the KFP v2beta1 API."""

    code = "ND-API-010"
    hint = "Check the API endpoint in the runtime configuration; KFP 2.0 or later is needed."


class NotAnAddress(ApiError):
    """The endpoint is not a valid URL."""

    code = "ND-API-011"
    hint = "An API endpoint looks like http://127.0.0.1:8888 or https://kubeflow.example.org/pipeline."


class AuthenticationFailed(ApiError):
    """Elyra's authenticator for the configured type failed."""

    code = "ND-API-012"
    hint = AccessDenied.hint


class RequestRejected(ApiError):
    """The API understood the request and refused it (HTTP 4xx)."""

    code = "ND-API-013"


class ConnectionBroken(ApiError):
    """The network failed in another way: no route, reset, closed before an answer."""

    code = "ND-API-014"
    hint = "Check the address, the network and whether a proxy stands in between."


class TooManyRequests(ApiError):
    """The API, or a proxy before it, limits the rate of requests (HTTP 429), also after several tries."""

    code = "ND-API-015"
    hint = "Try again in a few minutes; an administrator can raise the limit."
