"""A training step of the backbone against diffusers' ``WanTransformer3DModel``: equal operations, tokens, precision.

Both are built as four layers of width 256 over 1,024 tokens and 64 tokens of text; the width of our gated feed-forward
is the first multiple of 16 at which we take no fewer operations than Wan (``flops_ratio``, counted by torch). At equal
operations it would be odd, which no model is, and which slows products in bfloat16. A step is forward, backward and
AdamW. Wan's own ``from_pretrained`` keeps its norms and time embedding in float32; here all of both is in the
precision that is named.
"""

import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from models.recipes import BackboneConfig
from models.text.config import Kind, TextConfig, TextEncoderConfig
from orchestration.benches.envelope import require

if TYPE_CHECKING:
    import torch

    Build = Callable[[torch.dtype], tuple[Any, Callable[[Any], torch.Tensor]]]  # a model, and its call on fixed inputs

_LAYERS, _HEADS, _WIDTH, _FFN, _OURS_FFN = 4, 4, 256, 1024, 688
_CHANNELS, _LATENT = 16, (4, 32, 32)
_TEXT, _TEXT_DIM = 64, 256  # tokens, and width of their states; ours read them from three encoders
_LENGTHS = (40, 16, 8)
_WARM, _ROUNDS = 3, 9
_TOKENS = _LATENT[0] * _LATENT[1] * _LATENT[2] // 4
_PRECISIONS = {"fp32": "float32", "bf16": "bfloat16"}

Step = Callable[[], None]


def run() -> dict[str, float]:
    """Median ratios of pairs (Wan's seconds over ours), eager in both precisions and compiled in bfloat16.

    Seconds are processor time on one thread: other work on the machine does not count.

    Raises:
        PeerMissing: diffusers is not installed.
    """
    import torch

    require("diffusers")
    torch.set_num_threads(1)
    figures: dict[str, float] = {"flops_ratio": _flops(_wan) / _flops(_ours)}
    for name in _PRECISIONS:
        figures |= _timed(_step(_ours, name), _step(_wan, name), name)
    figures |= _timed(_step(_ours, "bf16", compiled=True), _step(_wan, "bf16", compiled=True), "bf16_compiled")
    return figures


def _timed(ours: Step, wan: Step, name: str) -> dict[str, float]:
    """Alternating steps: the median ratio of neighbouring ones, and our tokens a second of processor time."""
    seconds: dict[str, list[float]] = {"ours": [], "wan": []}
    for number in range(_WARM + _ROUNDS):
        order: Sequence[tuple[str, Step]] = (("ours", ours), ("wan", wan))
        for side, step in order if number % 2 else reversed(order):
            begun = time.process_time()
            step()
            if number >= _WARM:
                seconds[side].append(time.process_time() - begun)
    ratios = [peer / own for own, peer in zip(seconds["ours"], seconds["wan"], strict=True)]
    return {
        f"ratio_{name}": statistics.median(ratios),
        f"tokens_per_second_{name}": _TOKENS / statistics.median(seconds["ours"]),
    }


def _step(build: "Build", name: str, *, compiled: bool = False) -> Step:
    import torch

    model, forward = build(getattr(torch, _PRECISIONS[name]))
    optimiser = torch.optim.AdamW(model.parameters())
    called = torch.compile(model, dynamic=False) if compiled else model

    def step() -> None:
        forward(called).float().square().mean().backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return step


def _flops(build: "Build") -> float:
    """Of a forward and a backward pass."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model, forward = build(torch.float32)
    with FlopCounterMode(display=False) as counter:
        forward(model).square().mean().backward()
    return float(counter.get_total_flops())


def _ours(dtype: "torch.dtype") -> "tuple[Any, Callable[[Any], torch.Tensor]]":
    import torch

    from models.backbone import Backbone

    torch.manual_seed(0)
    positions = (_LATENT[0], _LATENT[1] // 2, _LATENT[2] // 2)
    kinds: tuple[Kind, ...] = ("minilm", "contrastive", "bytes")
    encoders = [TextEncoderConfig(kind, _TEXT_DIM, length) for kind, length in zip(kinds, _LENGTHS, strict=True)]
    config = BackboneConfig(_LAYERS, _WIDTH, _OURS_FFN, _HEADS, text=TextConfig(*encoders), positions=positions)
    latent, states = _inputs(dtype)
    text = tuple((part, torch.ones(part.shape[:2], dtype=torch.bool)) for part in states.split(_LENGTHS, dim=1))
    when = torch.tensor([0.5], dtype=dtype)
    return Backbone(config).to(dtype), lambda called: called(latent, when, text)


def _wan(dtype: "torch.dtype") -> "tuple[Any, Callable[[Any], torch.Tensor]]":
    import torch
    from diffusers import WanTransformer3DModel

    torch.manual_seed(0)
    model: Any = WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=_HEADS,
        attention_head_dim=_WIDTH // _HEADS,
        in_channels=_CHANNELS,
        out_channels=_CHANNELS,
        text_dim=_TEXT_DIM,
        freq_dim=256,
        ffn_dim=_FFN,
        num_layers=_LAYERS,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
    )
    latent, text = _inputs(dtype)
    when = torch.tensor([500])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = model.to(dtype)
    return model, lambda called: called(latent, when, text, return_dict=False)[0]


def _inputs(dtype: "torch.dtype") -> "tuple[torch.Tensor, torch.Tensor]":
    import torch

    torch.manual_seed(1)
    return torch.randn(1, _CHANNELS, *_LATENT, dtype=dtype), torch.randn(1, _TEXT, _TEXT_DIM, dtype=dtype)
