"""Bundle: a promoted model as a folder of ONNX graphs, tokenizers and a manifest with every file's digest."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from serving.config import ServingConfig
from serving.errors import BundleDamaged, BundleMissing, RequestRefused, VariantMissing
from serving.providers import called, chosen_providers, session

if TYPE_CHECKING:
    import onnxruntime

MANIFEST = "manifest.json"
TOKENIZER = "tokenizer-{role}.json"
VARIANT = "CINEMILL_VARIANT"
FULL = "fp32"
"""The variant that every bundle has: the weights as they were trained, by which it is judged and promoted."""


class GraphFile(BaseModel):
    """One ONNX file of a bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sha256: str
    bytes: int


class Manifest(BaseModel):
    """What a bundle holds, how to use it, and where it comes from.

    Attributes:
        format: Version of this layout.
        name: The registered model's name.
        graphs: ONNX file of each graph.
        files: SHA-256 of every other file: tokenizers, and weights that lie beside their graphs.
        variants: Of each variant, the ONNX files that it has in the place of those in ``graphs``.
        config: What the pipeline needs to know.
        lineage: dataset_digest, git, dagster_run, mlflow_run, parents, and model_version once promoted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    name: str
    graphs: dict[str, GraphFile]
    files: dict[str, str]
    variants: dict[str, dict[str, GraphFile]] = {}
    config: ServingConfig
    lineage: dict[str, Any]

    def changed(self, variant: str) -> dict[str, GraphFile]:
        """The files of a variant, by graph; none of the full weights. Raises VariantMissing."""
        if variant == FULL:
            return {}
        if variant not in self.variants:
            present = ", ".join([FULL, *sorted(self.variants)])
            raise VariantMissing(f"this model has no variant {variant!r}, only {present}: set {VARIANT} to one of them")
        return self.variants[variant]


def chosen_variant() -> str:
    """The variant that ``CINEMILL_VARIANT`` names, or the full weights."""
    return os.environ.get(VARIANT) or FULL


class OnnxGraph:
    """A graph run by ONNX Runtime; the session starts at its first use."""

    def __init__(self, path: Path, providers: Sequence[str], threads: int | None) -> None:
        self._path = path
        self._providers = providers
        self._threads = threads or len(os.sched_getaffinity(0))
        self._session: onnxruntime.InferenceSession | None = None

    def __call__(self, **inputs: np.ndarray) -> np.ndarray:
        """The graph's one output for its named inputs."""
        return self.session.run(None, inputs)[0]

    @property
    def path(self) -> Path:
        """Its file."""
        return self._path

    @property
    def threads(self) -> int:
        """Threads inside an operator."""
        return self._threads

    @property
    def session(self) -> "onnxruntime.InferenceSession":
        """The running session; started now if need be."""
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self._threads
            options.inter_op_num_threads = 1
            options.enable_mem_pattern = False  # sizes vary: planned for the first, memory would be taken twice
            options.log_severity_level = 3  # what is worth knowing is raised
            self._session = session(self._path, options, self._providers)
        return self._session

    @property
    def provider(self) -> str:
        """The execution provider that is really used, which need not be the one asked for: ``cpu``, ``cuda``, ..."""
        return called(self.session.get_providers()[0])

    @property
    def started(self) -> bool:
        """Whether its session runs."""
        return self._session is not None


def on_cpu(graph: object) -> OnnxGraph:
    """A graph whose memory can be tried: one that runs from a file, on the CPU.

    Raises:
        RequestRefused: this one does not.
    """
    if not isinstance(graph, OnnxGraph) or graph.provider != "cpu":
        raise RequestRefused("a memory budget needs a bundle's graph that runs on the CPU; decode without one")
    return graph


class Bundle:
    """A verified model folder. Made by ``Bundle.load``."""

    def __init__(self, folder: Path, manifest: Manifest, graphs: Mapping[str, OnnxGraph], variant: str = FULL) -> None:
        self.folder = folder
        self.manifest = manifest
        self.graphs = graphs
        self.variant = variant

    @classmethod
    def load(
        cls,
        folder: Path,
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        variant: str = FULL,
    ) -> "Bundle":
        """The bundle in ``folder``, after every file's digest was compared with the manifest.

        Args:
            folder: Where ``manifest.json`` lies.
            providers: ONNX Runtime execution providers, best first; those that cannot run here are left out. None:
                those that ``CINEMILL_PROVIDERS`` names.
            threads: Threads inside an operator; all cores of this process by default.
            variant: Which weights the graphs have; those that the variant leaves out have the full ones.

        Raises:
            BundleMissing: there is no manifest.
            BundleDamaged: a file is missing or differs, or the manifest cannot be read.
            VariantMissing: the model has no such variant.
            ProviderUnknown: the environment names a provider that there is none of.
        """
        providers = chosen_providers() if providers is None else providers
        folder = Path(folder).resolve()  # the champion is a link that promotion moves; sessions start later
        manifest = read_manifest(folder)
        files = manifest.graphs | manifest.changed(variant)
        for graphs in (manifest.graphs, *manifest.variants.values()):
            for graph in graphs.values():
                _verify(folder, graph.file, graph.sha256)
        for name, digest in manifest.files.items():
            _verify(folder, name, digest)
        sessions = {name: OnnxGraph(folder / graph.file, providers, threads) for name, graph in files.items()}
        return cls(folder, manifest, sessions, variant)

    @property
    def config(self) -> ServingConfig:
        """What the pipeline needs to know."""
        return self.manifest.config

    @property
    def lineage(self) -> Mapping[str, Any]:
        """Where the model comes from."""
        return self.manifest.lineage

    @property
    def tokenizers(self) -> dict[str, Path]:
        """Files of the text encoders' tokenizers, by role."""
        names = {role: TOKENIZER.format(role=role) for role in self.config.text}
        return {role: self.folder / name for role, name in names.items() if name in self.manifest.files}


def read_manifest(folder: Path) -> Manifest:
    """The manifest in ``folder``; the files that it names are not looked at. Raises as ``Bundle.load``."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleMissing(f"there is no model in {folder} ({MANIFEST} is missing); promote one first")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BundleDamaged(f"{path} is not a bundle manifest of this version (promote again): {error}") from error


def write_bundle(
    folder: Path,
    *,
    name: str,
    graphs: Mapping[str, Path],
    tokenizers: Mapping[str, Path],
    config: ServingConfig | Mapping[str, Any],
    lineage: Mapping[str, Any],
    variants: Mapping[str, Mapping[str, Path]] | None = None,
) -> Manifest:
    """Fill ``folder`` with copies of the files and, last, the manifest; tokenizers are named by role.

    A graph with external data (``X.onnx.data`` beside ``X.onnx``) is copied with it; those of a variant become
    ``X.VARIANT.onnx``. The folder is a bundle from the moment its manifest is there; a reader that must never see it
    half filled is given it by a rename.

    Raises:
        pydantic.ValidationError: ``config`` is not a serving configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    entries = {graph: _entered(source, folder / f"{graph}.onnx", files) for graph, source in graphs.items()}
    others = {
        variant: {
            graph: _entered(source, folder / f"{graph}.{variant}.onnx", files) for graph, source in changed.items()
        }
        for variant, changed in (variants or {}).items()
    }
    for role, tokenizer in tokenizers.items():
        target = folder / TOKENIZER.format(role=role)
        _copy(tokenizer, target)
        files[target.name] = _sha256(target)
    manifest = Manifest(
        name=name,
        graphs=entries,
        files=files,
        variants=others,
        config=ServingConfig.model_validate(config),
        lineage=dict(lineage),
    )
    write_manifest(folder, manifest)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest`` into ``folder`` atomically, as at promotion, when the lineage learns the model's version."""
    # Inside, because this module also travels alone with the registered model.
    from models.files import write_text

    write_text(folder / MANIFEST, json.dumps(manifest.model_dump(mode="json"), indent=2, sort_keys=True) + "\n")


def _entered(source: Path, target: Path, files: dict[str, str]) -> GraphFile:
    """Copy a graph with its external data, which keeps the name that the graph knows; adds its digest to ``files``."""
    _copy(source, target)
    external = source.with_name(source.name + ".data")
    if external.exists():
        _copy(external, target.with_name(external.name))
        files[external.name] = _sha256(target.with_name(external.name))
    return GraphFile(file=target.name, sha256=_sha256(target), bytes=target.stat().st_size)


def _verify(folder: Path, name: str, digest: str) -> None:
    path = folder / name
    if path.resolve().parent != folder.resolve():
        raise BundleDamaged(f"{folder / MANIFEST} names a file outside its folder: {name}")
    if not path.is_file():
        raise BundleDamaged(f"{path} is missing; export or promote the model again")
    actual = _sha256(path)
    if actual != digest:
        raise BundleDamaged(f"{path} has SHA-256 {actual}, its manifest says {digest}; export or promote it again")


def _copy(source: Path, target: Path) -> None:
    if source.resolve() != target.resolve():
        shutil.copyfile(source, target)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
