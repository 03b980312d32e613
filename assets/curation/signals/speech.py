"""Speech: the probability of a voice in each 32 ms of sound, by Silero's network."""

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import numpy as np

from assets.curation.signals.missing import SignalMissing
from assets.curation.signals.series import Series

_CONTEXT = 64  # samples of the block before that the network hears again
_RATE = 16000


class Speech:
    """A stream of blocks of 512 samples at 16 kHz.

    The network is read from the package's file: the package itself would import torch.
    """

    def __init__(self) -> None:
        self.series = Series()
        self.reason: str | None = None
        try:
            self._session = _session()
        except SignalMissing as error:
            self.reason = str(error)
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._context = np.zeros(_CONTEXT, dtype=np.float32)

    def hear(self, block: np.ndarray, seconds: float) -> None:
        """Take the next block, float32 [512] in -1..1."""
        if self.reason is not None:
            return
        heard = np.concatenate([self._context, block]).astype(np.float32)
        feeds = {"input": heard[None], "state": self._state, "sr": np.array(_RATE, dtype=np.int64)}
        probability, self._state = self._session.run(None, feeds)
        self._context = block[-_CONTEXT:]
        self.series.add(seconds, float(probability[0, 0]))


@cache
def _session() -> Any:
    from onnxruntime import InferenceSession, SessionOptions

    try:
        files = distribution("silero-vad").files or []
    except PackageNotFoundError as error:
        raise SignalMissing(
            "no speech detector (silero-vad is not installed): pip install --no-deps -r infra/data-packages.txt"
        ) from error
    path = next((file.locate() for file in files if str(file).endswith("data/silero_vad.onnx")), None)
    if path is None:
        raise SignalMissing("no speech detector: this silero-vad carries no data/silero_vad.onnx; install 6.2.3")
    options = SessionOptions()
    options.intra_op_num_threads = 1  # a block is too small to share
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
