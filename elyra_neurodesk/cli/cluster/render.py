"""``elyra-neurodesk cluster render``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.cluster.options import set_up_options
from elyra_neurodesk.errors import NeurodeskError

if TYPE_CHECKING:
    from elyra_neurodesk.cluster.setup import SetUp


class ManifestExists(NeurodeskError):
    """A file of the manifests is there already, with other content."""

    code = "ND-CLUSTER-030"
    hint = "Name an empty directory, or replace the files with --force."


@click.command(short_help="Write the set-up as manifests, without asking a cluster.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@set_up_options
@click.option(
    "--cvmfs-proxy",
    default="DIRECT",
    show_default=True,
    help="HTTP proxies of the CVMFS client, such as http://squid:3128;DIRECT.",
)
@click.option(
    "--cvmfs-quota",
    default=40000,
    show_default=True,
    type=click.IntRange(min=4000),
    metavar="MIB",
    help="Size of a Kubernetes node's CVMFS cache.",
)
@click.option(
    "--cvmfs-server",
    multiple=True,
    metavar="URL",
    help="Server of the repository, may be repeated. Default: Neurodesk's.",
)
@click.option("--prefetch/--no-prefetch", default=True, help="Keep the list of modules in the caches.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def render(
    directory: Path,
    set_up: SetUp,
    kube_context: str,
    cvmfs_proxy: str,
    cvmfs_quota: int,
    cvmfs_server: tuple[str, ...],
    prefetch: bool,
    force: bool,
) -> int:
    """Write the set-up to DIRECTORY; no cluster is asked.

    There are manifests with a kustomization, values for the Helm chart of cvmfs-csi, and a seccomp profile.
    """
    from elyra_neurodesk.cluster.rendering import SERVERS, CvmfsClient, files
    from elyra_neurodesk.cluster.setup import planned_objects

    client = CvmfsClient(cvmfs_proxy, cvmfs_quota, cvmfs_server or SERVERS, prefetch)
    content = files(set_up, planned_objects(set_up), client)
    for name, text in content.items():
        path = directory / name
        if not force and path.exists() and path.read_text("utf-8") != text:
            raise ManifestExists(f"{path} is there already, with other content.")
    for name, text in content.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        click.echo(str(path))
    return 0
