"""Tags and digests from a registry that speaks the OCI distribution protocol."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urljoin

import requests

from elyra_neurodesk.errors import NeurodeskError

TIMEOUT = 20.0  # seconds for one answer
MANY_PAGES = 200  # a list of tags longer than that is no list of tags
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryProblem(NeurodeskError):
    """A registry of container images cannot be asked, or gives no sensible answer."""

    code = "ND-IMAGES-001"
    hint = "Check --registry, the name of the image there, and the network."


class Registry:
    """One repository of images in a registry, read without credentials.

    Args:
        url: root of the registry, such as ``http://127.0.0.1:5000``.
        name: of the repository, such as ``vnmd/neurodesktop``.
    """

    def __init__(self, url: str, name: str) -> None:
        self._base = f"{url.rstrip('/')}/v2/{name}/"
        self._session = requests.Session()

    def tags(self) -> list[str]:
        """Return all tags.

        Raises:
            RegistryProblem: the registry says no, or says nothing.
        """
        found: list[str] = []
        url = urljoin(self._base, "tags/list?n=1000")
        for _ in range(MANY_PAGES):
            answer = self._get(url)
            try:
                found += [str(tag) for tag in answer.json().get("tags") or ()]
            except (ValueError, AttributeError) as problem:
                raise RegistryProblem(f"The answer to {url} is no list of tags.") from problem
            following = _NEXT.search(answer.headers.get("Link", ""))
            if following is None:
                return found
            url = urljoin(url, following[1])
        raise RegistryProblem(f"{self._base} has more than {MANY_PAGES} pages of tags.")

    def digest(self, tag: str) -> str:
        """Return ``sha256:…`` of what a tag names now: computed, and compared with what the registry says.

        Raises:
            RegistryProblem: there is no such tag, or the registry contradicts itself.
        """
        answer = self._get(urljoin(self._base, f"manifests/{tag}"), Accept=_MANIFESTS)
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        said = answer.headers.get("Docker-Content-Digest", digest)
        if said != digest:
            raise RegistryProblem(
                f"The manifest of '{tag}' at {self._base} has {digest}, not {said} as it says."
            )
        return digest

    def _get(self, url: str, **headers: str) -> requests.Response:
        try:
            answer = self._session.get(url, headers=headers, timeout=TIMEOUT)
            if answer.status_code == 401:
                token = self._token(answer.headers.get("WWW-Authenticate", ""))
                self._session.headers["Authorization"] = f"Bearer {token}"
                answer = self._session.get(url, headers=headers, timeout=TIMEOUT)
        except requests.RequestException as problem:
            raise RegistryProblem(f"{url} cannot be asked: {type(problem).__name__}.") from problem
        if not answer.ok:
            raise RegistryProblem(f"{url} answers {answer.status_code}.")
        return answer

    def _token(self, challenge: str) -> str:
        """Return a token for anybody, from where the registry says that there is one."""
        asked = dict(_CHALLENGE.findall(challenge))
        realm = asked.pop("realm", "")
        if not challenge.lower().startswith("bearer") or not realm:
            raise RegistryProblem(f"{self._base} wants a password.")
        answer = self._session.get(realm, params=asked, timeout=TIMEOUT)
        try:
            content = answer.json()
            token = content.get("token") or content["access_token"]
        except (ValueError, AttributeError, KeyError) as problem:
            raise RegistryProblem(f"{realm} gives no token ({answer.status_code}).") from problem
        return str(token)
