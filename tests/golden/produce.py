"""Makes all golden texts: ``python -m tests.golden.produce WORK``, in an environment of `conftest`'s."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.golden import pipelines, support
from tests.golden.commands import COMMANDS
from tests.support.jupyter import JupyterHome
from tests.support.objectstore import ObjectStore, running_nanio

Texts = dict[str, str]
ROOT = Path(__file__).parents[2]
GENERIC = ("notebook", "python-script", "r-script")


@dataclass(frozen=True)
class Bench:
    """What the groups are made with.

    Attributes:
        work: temporary directory.
        folder: where pipelines are.
        store: object store that exports upload to.
        cache: Elyra's component cache.
    """

    work: Path
    folder: Path
    store: ObjectStore
    cache: Any

    def components(self) -> list[Any]:
        """Return all catalog components, as Elyra orders them."""
        from elyra.pipeline.runtime_type import RuntimeProcessorType

        return list(self.cache.get_all_components(RuntimeProcessorType.KUBEFLOW_PIPELINES))


def main(work: Path) -> None:
    """Write every group below ``work/made``, and what went wrong with one into ``work/GROUP.error``."""
    with running_nanio(work, "goldens") as store:
        bench = _set_up(work, store)
        # exports first: the normaliser asks the store what they have uploaded
        groups: Mapping[str, Callable[[Bench], Texts]] = {
            "exports": exports,
            "commands": commands,
            "errors": errors,
            "schemas": schemas,
            "editor": editor,
            "components": components,
        }
        raw: dict[str, Texts] = {}
        for name, make in groups.items():
            try:
                raw[name] = make(bench)
            except BaseException:
                (work / f"{name}.error").write_text(traceback.format_exc(), "utf-8")
        normalise = support.normaliser(work, store)
        for name, made in raw.items():
            for file, text in made.items():
                path = work / "made" / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(normalise(text), "utf-8")
    sys.stdout.flush()
    # Elyra's cache leaves threads that watch directories
    os._exit(0)


def _set_up(work: Path, store: ObjectStore) -> Bench:
    import jupyter_core.paths

    # what is installed beside Elyra (runtime images, configurations) is not this package's
    jupyter_core.paths.ENV_JUPYTER_PATH = []
    jupyter_core.paths.SYSTEM_JUPYTER_PATH = []
    _forget_host(pipelines.STORE_HOST)
    home = JupyterHome(work / "home")
    metadata = pipelines.base_metadata(store.endpoint, store.access_key, store.secret_key)
    for name, more in {**pipelines.CONFIGS, **pipelines.NOT_FOR_EXPORT}.items():
        home.runtime_config(name, **{**metadata, **more})
    for folder in ("component-catalogs", "runtime-images"):
        target = home.home / ".local/share/jupyter/metadata" / folder
        target.mkdir(parents=True)
        for path in (ROOT / folder).glob("*.json"):
            shutil.copy(path, target)
    pull = {"pull_policy": "Always", "pull_secret": "tools-registry"}
    home._instance("runtime-images", "tools", "runtime-image", {"image_name": "example.org/tools:1", **pull})
    own = home.home / "components"
    own.mkdir()
    (own / "measure.yaml").write_text(pipelines.MEASURE, "utf-8")
    home.catalog("own", own)
    (home.home / ".local/share/jupyter/runtime").mkdir(parents=True)
    pipelines.write_tree(work / "cvmfs")

    import black
    from elyra.pipeline.component_catalog import ComponentCache

    cache = ComponentCache.instance(emulate_server_app=True)
    cache.load()
    cache.wait_for_all_cache_tasks()
    # every export would read all catalogs again, which takes Elyra two seconds
    # layout is not compared, and takes a while
    setattr(black, "format_str", lambda text, mode: text)  # noqa: B010
    cache.load = lambda *more, **options: None
    place = work / "work"
    place.mkdir()
    bench = Bench(work, place, store, cache)
    pipelines.write_all(place, {component.name: component.id for component in bench.components()})
    os.chdir(place)
    return bench


def _forget_host(host: str) -> None:
    """Make a host unknown without asking a name server: the client then takes the public endpoint."""
    ask = socket.getaddrinfo

    def getaddrinfo(name: Any, *more: Any, **options: Any) -> Any:
        if name == host:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(name, *more, **options)

    setattr(socket, "getaddrinfo", getaddrinfo)  # noqa: B010


def exports(bench: Bench) -> Texts:
    """Every pipeline as YAML and as DSL, its tasks' specifications, what the command said, the archives."""
    made: Texts = {}
    asked = [
        (
            *("export", f"{name}.pipeline", "--runtime-config", config),
            *("--format", form, "--output", f"{name}.{config}.{form}"),
        )
        for name, config, *forms in pipelines.EXPORTS
        for form in forms
    ]
    made["said.txt"] = support.transcript(asked)
    for arguments in asked:
        path = bench.folder / arguments[-1]
        if not path.exists():  # said.txt tells why
            continue
        text = path.read_text("utf-8")
        if path.suffix == ".py":
            made[f"{path.name}.txt"] = support.plain_layout(text)  # not .py: linters would read it
        else:
            made[path.name] = text
            for document in support.documents(bench.store, text):
                made[f"{path.stem}.specs.json"] = document
    made["archives.yaml"] = _yaml(dict(sorted(support.archives(bench.store))))
    return made


def commands(bench: Bench) -> Texts:
    """The help of every command, and what came of a list of command lines."""
    return {"help.txt": "\n".join(_help(())), "status.txt": support.transcript(COMMANDS)}


def _help(path: tuple[str, ...]) -> Iterator[str]:
    done = support.command(*path, "--help")
    yield f"{'=' * 10} {' '.join(('elyra-neurodesk', *path))}\n\n{done.out}"
    assert done.status == 0, done
    listed = done.out.partition("\nCommands:\n")[2]
    for name in re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE):
        yield from _help((*path, name))


def errors(bench: Bench) -> Texts:
    """Code, exit status and hint of all errors."""
    rows = {(one.code, one.exit_status, one.hint) for one in support.errors()}
    table = [{"code": code, "exit_status": status, "hint": hint} for code, status, hint in sorted(rows)]
    return {"errors.yaml": _yaml(table)}


def schemas(bench: Bench) -> Texts:
    """The schemas of the records, and those that Elyra has of this package."""
    from elyra.metadata.schema import SchemaManager

    made = {}
    for path in support.package_files(".schema.json"):
        made[path.name] = json.dumps(json.loads(path.read_text("utf-8")), indent=1, sort_keys=True) + "\n"
    for space, name in (("runtimes", "neurodesk"), ("component-catalogs", "neurodesk-tools")):
        schema = SchemaManager.instance().get_schema(space, name)
        if "metadata_class_name" in schema:
            # a class's place, which may move; that it can be imported is what matters
            module, _, attribute = schema["metadata_class_name"].rpartition(".")
            assert isinstance(getattr(__import__(module, fromlist=[attribute]), attribute), type)
            schema = {**schema, "metadata_class_name": "CLASS"}
        # not sorted: the order is the form's
        made[f"{space}.{name}.json"] = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    return made


def editor(bench: Bench) -> Texts:
    """What JupyterLab asks for the editor: palette, properties of nodes and pipelines, parameters."""
    from elyra.pipeline.pipeline_definition import PipelineDefinition
    from elyra.pipeline.processor import PipelineProcessorManager
    from elyra.pipeline.runtime_type import RuntimeProcessorType

    kfp = RuntimeProcessorType.KUBEFLOW_PIPELINES
    palette = bench.cache.to_canvas_palette(bench.components())
    groups = {
        group["label"]: [
            {key: node.get(key) for key in ("id", "op", "label", "description", "runtime_type")}
            for node in group["node_types"]
        ]
        for group in palette["categories"]
    }
    manager = PipelineProcessorManager.instance()
    asked: dict[str, Any] = {
        "pipeline": PipelineDefinition.get_pipeline_properties(runtime_type=kfp),
        "parameters": manager.get_pipeline_parameter_class(runtime_type=kfp).get_schema(),
    }
    for name in GENERIC:
        asked[name] = bench.cache.to_canvas_properties(bench.cache.get_generic_component(name))
    bet = next(component for component in bench.components() if component.name == "FSL BET")
    asked["fsl-bet"] = bench.cache.to_canvas_properties(bet)
    made = {f"{name}.properties.json": _json(content) for name, content in asked.items()}
    # not sorted: the order is the palette's
    return {"palette.json": json.dumps(groups, indent=1, ensure_ascii=False) + "\n", **made}


def components(bench: Bench) -> Texts:
    """Every step's component from a mounted repository, and what differs with the tools' own images."""
    connector = support.loaded("elyra.component.catalog_types", "neurodesk-tools")(file_types=[".yaml"])
    mounted, own = {"run_from": "cvmfs"}, {"run_from": "image"}
    made: Texts = {}
    images: dict[str, Any] = {}
    entries = connector.get_catalog_entries(mounted)
    assert entries == connector.get_catalog_entries(own)
    for entry in entries:
        text = connector.get_entry_data(entry, mounted).definition
        made[f"{entry['step']}.yaml"] = text
        images[entry["step"]] = _changed(_read(text), _read(connector.get_entry_data(entry, own).definition))
    offered = {component.definition for component in bench.components()}
    assert set(made.values()) <= offered, "Elyra has other components than the connector gives"
    return {**made, "from-images.yaml": _yaml(images)}


def _changed(old: Any, new: Any) -> Any:
    """Return the parts of ``new`` that ``old`` has not, None where they are equal."""
    if old == new:
        return None
    if isinstance(old, dict) and isinstance(new, dict):
        assert old.keys() == new.keys()
        return {key: _changed(old[key], new[key]) for key in new if old[key] != new[key]}
    return new


def _read(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _yaml(content: Any) -> str:
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(Path(sys.argv[1]))
