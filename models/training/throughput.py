"""What a training costs while it runs: tokens a second, model FLOPs utilisation, processor and memory."""

import time
from typing import Any

import lightning.pytorch as pl
import torch
from typing_extensions import override

from models.planning.flops import of_sample
from models.planning.gpus import peak_tflops
from models.recipes import BackboneConfig
from models.training.metrics import MetricsLog

_REPORTS = 20
_MIB = 1 << 20


class Throughput(pl.Callback):
    """Writes speed and load of rank 0 about twenty times a training, apart from the curves, which can be repeated.

    A line has ``tokens_per_second`` over all ranks; ``mfu``, the share of the devices' dense bfloat16 peak that useful
    operations make up, where the device is one that ``models.planning.gpus`` knows; and, named as MLflow names them,
    ``system/...`` values of this process and its device.
    """

    def __init__(self, log: MetricsLog) -> None:
        import psutil

        self._log = log
        self._process = psutil.Process()
        self._since = time.perf_counter()
        self._tokens, self._flops = 0, 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Forget what a killed run did after the checkpoint that this one goes on from."""
        if trainer.is_global_zero:
            self._log.rewind(pl_module.done or None)
        self._process.cpu_percent()  # from here on
        self._since = time.perf_counter()

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:
        """Count the step, and write now and then."""
        recipe, work, done = pl_module.recipe, pl_module.work, pl_module.done
        self._tokens += work.samples * work.tokens
        if isinstance(recipe.model, BackboneConfig):
            self._flops += work.samples * of_sample(recipe.model, work.tokens, work.text_tokens).training
        if trainer.is_global_zero and (done % max(1, recipe.steps // _REPORTS) == 0 or done == recipe.steps):
            self._log.write(done, **self._values(trainer.world_size))
            self._tokens, self._flops, self._since = 0, 0.0, time.perf_counter()

    def _values(self, ranks: int) -> dict[str, float]:
        seconds = time.perf_counter() - self._since
        values = {
            "tokens_per_second": self._tokens / seconds,
            "system/cpu_utilization_percentage": self._process.cpu_percent(),
            "system/system_memory_usage_megabytes": self._process.memory_info().rss / _MIB,
        }
        if torch.cuda.is_available():
            values["system/gpu_0_memory_usage_megabytes"] = torch.cuda.max_memory_allocated() / _MIB
            peak = peak_tflops(torch.cuda.get_device_name())
            if peak is not None and self._flops:
                values["mfu"] = self._flops / seconds / (ranks * peak * 1e12)
        return values
