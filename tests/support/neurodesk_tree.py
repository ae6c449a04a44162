"""Lays out a directory in the shape of Neurodesk's CVMFS repository, as small as a test needs it.

The shape is that of neurocommand's publishing scripts: one directory per container with a wrapper for each
command, its list of commands and its deploy variables; module files twice, in ``containers/modules`` and
below a category; a retired container keeps its wrappers, each of which prints a notice and exits 0, and has
lost its image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_ROOT = "/cvmfs/neurodesk.ardc.edu.au"

_RETIRED = """\
#!/usr/bin/env bash
echo "This container was disabled due to a known bug or vulnerability. \
Use another version, or fetch it with apptainer pull docker://vnmd/{image}"
"""

_OLD = """\
-- -*- lua -*-
help([===[
{name} {version}: to use it, run
    prepend_path("PATH", "/not/a/statement")
]===])
whatis("{container}.simg")
-- neurodesk-exposed-commands
whatis("Commands: {commands}")
prepend_path("PATH", "{repository}/containers/{container}")
"""

_NEW = """\
-- -*- lua -*-
-- neurodesk-artifact-v2
-- neurodesk-image {container}.simg
help("{name} {version}\\010prepend_path(\\"PATH\\", \\"/not/a/statement\\")")
whatis("{container}.simg")
local here = myFileName():match("^(.*)/[^/]+$")
local canonical = here:match("^(.*)/modules/[^/]+$")
local published = here:match("^(.*)/neurodesk%-modules/[^/]+/[^/]+$")
local root = canonical or (published and pathJoin(published, "containers"))
if not root then root = pathJoin(os.getenv("NEURODESK_CVMFS_ROOT") or "{default_root}", "containers") end
local container_dir = pathJoin(root, "{container}")
local image = pathJoin(container_dir, "{container}.simg")
if mode() == "load" and not isDir(image) and not isFile(image) then
    LmodError("Missing Neurodesk image: " .. image)
end
prepend_path("PATH", container_dir)
setenv("NEURODESK_IMAGE_{identity}", image)
-- neurodesk-exposed-commands
whatis("Commands: {commands}")
"""

_NEW_TCL = """\
#%Module1.0
# neurodesk-artifact-v2
# neurodesk-image {container}.simg
set container_dir [file join {repository} containers {container}]
prepend-path PATH $container_dir
"""


@dataclass(frozen=True)
class Tool:
    """One container of the tree and its module.

    Attributes:
        name: of the tool.
        version: of the tool.
        date: when the container was built, ``YYYYMMDD``.
        commands: each command's name and the body of its wrapper, a shell script.
        category: directory below ``neurodesk-modules``.
        retired: whether the wrappers are notices and the image is gone.
        format: of the module file, 1 (paths written out) or 2 (paths from the file's own place).
        default: whether the tree marks this version as the tool's default (a ``default`` link).
        env: deploy variables; ``BASEPATH`` in a value stands for the image.
    """

    name: str
    version: str
    date: str
    commands: Mapping[str, str] = field(default_factory=dict)
    category: str = "structural_imaging"
    retired: bool = False
    format: int = 1
    default: bool = False
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def container(self) -> str:
        """Return the name of the container's directory."""
        return f"{self.name}_{self.version}_{self.date}"


def make_tree(root: Path, tools: Iterable[Tool], repository: str = DEFAULT_ROOT) -> Path:
    """Write the tree below ``root`` and return it.

    Two tools of one name and version are two builds: the module file names the newest that is not retired.

    Args:
        root: directory to fill, made if missing.
        tools: what the tree holds.
        repository: where module files of format 1 say that the repository is; as published by default, so
            that reading them right needs a translation wherever ``root`` is another place. ``str(root)``
            makes them right for Lmod itself.
    """
    for part in ("containers/modules", "neurodesk-modules"):
        (root / part).mkdir(parents=True, exist_ok=True)
    for tool in sorted(tools, key=lambda tool: (not tool.retired, tool.date)):
        _container(root / "containers" / tool.container, tool)
        for place in (root / "containers/modules", root / "neurodesk-modules" / tool.category):
            _module(place / tool.name, tool, repository)
    return root


def _container(directory: Path, tool: Tool) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    marker = "# neurodesk-artifact-v2\n" if tool.format == 2 else ""
    for command, body in tool.commands.items():
        text = _RETIRED.format(image=f"{tool.name}_{tool.version}:{tool.date}")
        wrapper = directory / command
        wrapper.write_text(text if tool.retired else f"#!/usr/bin/env bash\n{marker}{body}\n")
        wrapper.chmod(0o755)
    (directory / "commands.txt").write_text("".join(f"{command}\n" for command in tool.commands))
    (directory / "env.txt").write_text("".join(f"DEPLOY_ENV_{key}={tool.env[key]}\n" for key in tool.env))
    (directory / "README.md").write_text(f"{tool.name} {tool.version}\n")
    if not tool.retired:
        (directory / f"{tool.container}.simg").mkdir(exist_ok=True)


def _module(place: Path, tool: Tool, repository: str) -> None:
    place.mkdir(parents=True, exist_ok=True)
    facts = {
        "name": tool.name,
        "version": tool.version,
        "container": tool.container,
        "commands": ", ".join(sorted(tool.commands)),
        "identity": f"{tool.name}/{tool.version}".encode().hex().upper(),
        "repository": repository,
        "default_root": DEFAULT_ROOT,
    }
    image = f"{repository}/containers/{tool.container}/{tool.container}.simg"
    lines = (_OLD if tool.format == 1 else _NEW).format_map(facts)
    for key, value in tool.env.items():
        if tool.format == 1:
            lines += f'setenv("{key}", "{value.replace("BASEPATH", image)}")\n'
        else:
            lines += f'setenv("{key}", {" .. image .. ".join(_quoted_parts(value))})\n'
    (place / f"{tool.version}.lua").write_text(lines)
    if tool.format == 2:
        (place / tool.version).write_text(_NEW_TCL.format_map(facts))
    if tool.default:
        link = place / "default"
        link.unlink(missing_ok=True)
        link.symlink_to(f"{tool.version}.lua")


def _quoted_parts(value: str) -> list[str]:
    return [f'"{part}"' for part in value.split("BASEPATH")]
