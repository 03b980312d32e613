"""The contrastive model's video tower on ONNX Runtime: torch would take longer to load than the tower to run."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.contrastive.config import FOLDER, GRAPH, WEIGHTS
from models.contrastive.frames import Frames, prepared

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_PART = "video."  # of the weights' names
_ERRORS = 3  # least level that ONNX Runtime logs: it warns of each cast that it does not fold


def clip_vector(frames: Frames) -> NDArray[np.float32]:
    """The unit vector [E] of a clip uint8 [F, H, W, 3]; as ``Embedder.clips``, on one thread.

    Raises:
        ValueError: It is no uint8 array of that shape, or holds no frame.
    """
    vectors: list[NDArray[np.float32]] = _session().run(None, {"frames": prepared(frames)[None]})
    return vectors[0][0]


@cache
def _session() -> "InferenceSession":
    from onnxruntime import InferenceSession, OrtValue, SessionOptions
    from safetensors.numpy import load_file

    weights = {
        name.removeprefix(_PART): OrtValue.ortvalue_from_numpy(value.astype(np.float32))
        for name, value in load_file(FOLDER / WEIGHTS).items()
        if name.startswith(_PART)
    }
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = _ERRORS
    options.add_external_initializers(list(weights), list(weights.values()))
    return InferenceSession((FOLDER / GRAPH).read_bytes(), options, providers=["CPUExecutionProvider"])
