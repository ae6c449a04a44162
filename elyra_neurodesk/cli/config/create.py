"""``elyra-neurodesk config create``."""

from __future__ import annotations

import re
import sys
from typing import IO, TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import note
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.settings import KFP_NAMESPACE

if TYPE_CHECKING:
    from elyra_neurodesk.storage.transport import Credentials

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_KINDS = ("minikube", "wsl2", "kubernetes")


class ConfigurationValueMissing(NeurodeskError):
    """A value of the new runtime configuration is not given, and there is no terminal to ask at."""

    code = "ND-CONFIG-016"


class InvalidConfigurationName(NeurodeskError):
    """The name of the new runtime configuration is not one that Elyra takes."""

    code = "ND-CONFIG-017"
    hint = "Use lower-case letters, digits, - and _, beginning with a letter, at most 63."


@click.command(short_help="Create a runtime configuration for a cluster.")
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--name", help="Its name for --runtime-config. Default: neurodesk_KIND.")
@click.option("--api-endpoint", metavar="URL", help="Kubeflow Pipelines API, as seen from here.")
@click.option("--object-store", metavar="URL", help="Object store, as tasks see it. Default: KFP's own.")
@click.option("--public-object-store", metavar="URL", help="Object store, as seen from here.")
@click.option("--bucket", metavar="NAME", help="Bucket of the object store. Default: mlpipeline.")
@click.option("--secret", metavar="NAME", help="Kubernetes secret with the credentials that tasks use.")
@click.option("--username", metavar="NAME", help="Object store user, for uploads from here.")
@click.option(
    "--password-file",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="File with that user's password; - for standard input.",
)
@click.option("--claim", metavar="NAME", help="PersistentVolumeClaim of CVMFS. Default: cvmfs-neurodesk.")
@click.option("--namespace", metavar="NAME", help="Your namespace, where Kubeflow has several users.")
@click.option("--kfp-version", metavar="VERSION", help="KFP's release, from which its object store follows.")
@click.option(
    "--kube-context",
    metavar="NAME",
    help="Ask the cluster of this context of the kubeconfig for object store and keys, and keep the context.",
)
@click.option("--force", is_flag=True, help="Replace a runtime configuration of this name.")
def create(
    kind: str,
    name: str | None,
    api_endpoint: str | None,
    object_store: str | None,
    public_object_store: str | None,
    bucket: str | None,
    secret: str | None,
    username: str | None,
    password_file: IO[str] | None,
    claim: str | None,
    namespace: str | None,
    kfp_version: str | None,
    kube_context: str | None,
    force: bool,
) -> int:
    """Create a runtime configuration for a cluster: Minikube, Kubernetes inside WSL2, or any other.

    On a terminal, what no option gives is asked for; elsewhere it takes its default. No password is ever an
    option: other accounts can read command lines.
    """
    from elyra_neurodesk.elyra_adapter.cluster_presets import (
        KFP_CLAIM,
        PRESETS,
        ClusterValues,
        kfp_store_service,
        store_url,
    )
    from elyra_neurodesk.elyra_adapter.cluster_presets import create as write
    from elyra_neurodesk.settings import KFP_BUCKET, KFP_SECRET

    name = name or f"neurodesk_{kind}"
    if not _NAME.fullmatch(name):
        raise InvalidConfigurationName(f"'{name}' is not a name of a runtime configuration.")
    preset = PRESETS[kind]
    ask = password_file is None and sys.stdin.isatty()
    service, keys = kfp_store_service(kfp_version or ""), None
    if kube_context is not None:
        found, keys = _asked(kube_context, namespace or KFP_NAMESPACE, secret or KFP_SECRET)
        service = found or service

    def value(given: str | None, option: str, question: str, default: str = "", needed: bool = True) -> str:
        if given is not None or (not ask and (default or not needed)):
            return default if given is None else given
        if not ask:
            raise ConfigurationValueMissing(
                f"the new runtime configuration needs a value: {question}.", f"Give it with {option}."
            )
        return str(click.prompt(question, default=default or ("" if not needed else None), err=True))

    values = ClusterValues(
        api_endpoint=value(
            api_endpoint, "--api-endpoint", "Kubeflow Pipelines API, as seen from here", preset.api_endpoint
        ),
        object_store=value(
            object_store, "--object-store", "object store, as tasks see it", store_url(service, KFP_NAMESPACE)
        ),
        public_object_store=value(
            public_object_store,
            "--public-object-store",
            "object store, as seen from here (empty: the same)",
            preset.public_object_store,
            needed=False,
        ),
        bucket=value(bucket, "--bucket", "bucket", KFP_BUCKET),
        secret=value(secret, "--secret", "Kubernetes secret with the tasks' credentials", KFP_SECRET),
        username=value(username, "--username", "object store user", keys.access_key if keys else ""),
        password=keys.secret_key if keys and not password_file else _password(password_file, ask),
        claim=value(claim, "--claim", "PersistentVolumeClaim of CVMFS", KFP_CLAIM),
        namespace=namespace or "",
        kube_context=kube_context or "",
    )
    file = write(name, preset, values, force)
    click.echo(f"Created {file}. Use it with --runtime-config {name}.")
    return 0


def _asked(context: str, namespace: str, secret: str) -> tuple[str, Credentials | None]:
    """Return the Service of KFP's object store, "" where none is seen, and the keys that the secret has.

    Raises:
        ClusterUnreachable, KubernetesForbidden, KubernetesRefused: the cluster does not answer, or refuses.
    """
    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.connection import connect
    from elyra_neurodesk.cluster.facts import gather
    from elyra_neurodesk.cluster.store_keys import keys_in

    api = Api(connect(context))
    found = gather(api, namespace, context, KFP_NAMESPACE).object_store
    if not found:
        note(f"No object store of KFP was found in namespace {KFP_NAMESPACE} of {context}.")
    return found, keys_in(api, secret, namespace)


def _password(file: IO[str] | None, ask: bool) -> str:
    if file is not None:
        return file.read().strip("\r\n")
    if ask:
        return str(click.prompt("object store password", hide_input=True, err=True))
    raise ConfigurationValueMissing(
        "the new runtime configuration needs a value: object store password.",
        "Give it with --password-file FILE.",
    )
