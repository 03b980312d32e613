"""Averaging four models of 200 MB: against mergekit's linear merge of the same files, in fresh processes by turns."""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from models.files import write_json
from orchestration.benches.envelope import in_fresh_process, require

_MODELS, _ROUNDS = 4, 5  # and one round to warm up
_SIDES = ("ours", "mergekit")
_LAYERS, _WIDTH, _FFN, _WORDS = 12, 512, 1376, 15_000
_CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": _WIDTH,
    "intermediate_size": _FFN,
    "num_hidden_layers": _LAYERS,
    "num_attention_heads": 8,
    "num_key_value_heads": 8,
    "vocab_size": _WORDS,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
}


def run() -> dict[str, float]:
    """Median seconds and peak memory above the idle process of both sides, and the errors against float64.

    ``time_ratio`` is mergekit's seconds over ours, imports excluded and until the result is on the disk on both sides;
    ``rss_models`` is our peak above idle in models, mapped pages included; ``max_error`` the largest difference from
    the mean in float64, relative to the largest weight.

    Raises:
        PeerMissing: mergekit is not installed.
    """
    require("mergekit")
    with tempfile.TemporaryDirectory(prefix="cinemill-averaging-") as folder:
        root = Path(folder)
        models = [_model(root / f"model-{number}", number) for number in range(_MODELS)]
        size = (models[0] / "model.safetensors").stat().st_size
        found: dict[str, list[dict[str, float]]] = {side: [] for side in _SIDES}
        for round_ in range(_ROUNDS + 1):
            for side in _SIDES if round_ % 2 else reversed(_SIDES):
                measured = _apart(side, root / side, models)
                if round_:
                    found[side].append(measured)
        errors = {side: _apart("error", root / side, models)["error"] for side in _SIDES}
    seconds = {side: [one["seconds"] for one in found[side]] for side in _SIDES}
    peaks = {side: statistics.median(one["peak_bytes"] for one in found[side]) for side in _SIDES}
    ratios = [peer / ours for ours, peer in zip(seconds["ours"], seconds["mergekit"], strict=True)]
    return {
        "time_ratio": statistics.median(ratios),
        "seconds_ours": statistics.median(seconds["ours"]),
        "seconds_mergekit": statistics.median(seconds["mergekit"]),
        "rss_models": peaks["ours"] / size,
        "rss_models_mergekit": peaks["mergekit"] / size,
        "max_error": errors["ours"],
        "max_error_mergekit": errors["mergekit"],
        "model_mb": size / 1e6,
    }


def _apart(task: str, out: Path, models: list[Path]) -> dict[str, float]:
    return in_fresh_process("orchestration.benches.averaging.apart", task, out, *models)


def _model(folder: Path, seed: int) -> Path:
    """A LLaMa of random float32 weights, in the layout that mergekit reads."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    generator = torch.Generator().manual_seed(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (_WORDS, _WIDTH),
        "model.norm.weight": (_WIDTH,),
        "lm_head.weight": (_WORDS, _WIDTH),
    }
    for layer in range(_LAYERS):
        stem = f"model.layers.{layer}"
        shapes |= {f"{stem}.self_attn.{part}_proj.weight": (_WIDTH, _WIDTH) for part in "qkvo"}
        shapes |= {f"{stem}.mlp.{part}_proj.weight": (_FFN, _WIDTH) for part in ("gate", "up")}
        shapes |= {f"{stem}.mlp.down_proj.weight": (_WIDTH, _FFN)}
        shapes |= {f"{stem}.{name}_layernorm.weight": (_WIDTH,) for name in ("input", "post_attention")}
    tensors: dict[str, Any] = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", _CONFIG)
    return folder
