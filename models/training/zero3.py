"""DeepSpeed's ZeRO-3 settings, as one function."""

from typing import Any


def zero3_config(*, batch_size_per_rank: int, gradient_clip: float) -> dict[str, Any]:
    """The DeepSpeed configuration of every transformer stage: parameters, gradients and optimizer state sharded.

    Parameters below the persistence threshold stay whole on each rank between steps (their optimizer state is sharded
    all the same), which is what makes tiny networks cheap: no gathering inside forward and backward. The networks of
    the large presets exceed it and are gathered layer by layer.
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
            "stage3_param_persistence_threshold": 300_000,
            "stage3_max_live_parameters": 1_000_000_000,
            "stage3_max_reuse_distance": 1_000_000_000,
            "sub_group_size": 1_000_000_000,
        },
        "steps_per_print": 1_000_000_000,
    }
