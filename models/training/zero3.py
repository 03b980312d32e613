"""DeepSpeed's ZeRO-3 settings, as one function."""

from collections.abc import Iterator
from typing import Any

from torch import nn


def zero3_config(*, batch_size_per_rank: int, gradient_clip: float) -> dict[str, Any]:
    """The DeepSpeed configuration of every transformer stage: parameters, gradients and optimizer state sharded.

    Every parameter is sharded, small ones too: a layer's are gathered in one message, whereas parameters that persist
    are gathered one by one after each step, and lose gradients after a forward pass without any (validation).
    Precision is added by Lightning, from the trainer's setting.
    """
    return {
        "train_micro_batch_size_per_gpu": batch_size_per_rank,
        "gradient_clipping": gradient_clip,
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,  # torch's AdamW: DeepSpeed's own needs a compiled operator
        "zero_optimization": {
            "stage": 3,
            "overlap_comm": False,  # streams overlap on CUDA; on gloo it only adds copies
            "contiguous_gradients": True,
            "reduce_bucket_size": 50_000_000,
            "stage3_prefetch_bucket_size": 50_000_000,
            "stage3_param_persistence_threshold": 0,
            "stage3_max_live_parameters": 1_000_000_000,
            "stage3_max_reuse_distance": 1_000_000_000,
            "sub_group_size": 1_000_000_000,
            "memory_efficient_linear": False,  # a Python autograd function in place of torch's linear
        },
        "steps_per_print": 1_000_000_000,
    }


def gathered_units(network: nn.Module) -> Iterator[nn.Module]:
    """The modules whose parameters ZeRO-3 gathers and releases as one: the members of every list of layers.

    Hooks on each small module inside a layer cost more than the arithmetic of a tiny network, and make many small
    messages in a large one. Only layers: DeepSpeed takes a unit's gradients for complete when those of its *inputs*
    are, so a unit must have an input that needs one.
    """
    for module in network.modules():
        if isinstance(module, nn.ModuleList):
            yield from module
