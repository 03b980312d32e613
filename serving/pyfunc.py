"""The registered model: an MLflow pyfunc as code that generates clips from a bundle with numpy and ONNX Runtime alone.

MLflow runs this file to make the model (models from code), so nothing is pickled. It travels with ``serving`` in
``code_paths`` and with the bundle as its artifact, and runs where the rest of the repository is not installed.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # noqa: TID253 - MLflow alone imports this file, and has pandas loaded by then
from mlflow.models import set_model  # noqa: TID253 - MLflow itself imports this file
from mlflow.pyfunc import PythonModel  # noqa: TID253

from serving.bundle import Bundle, chosen_variant
from serving.pipeline import Pipeline
from serving.sampling.sampler import Overrides

ARTIFACT = "bundle"


class CinemillModel(PythonModel):
    """Clips for rows of prompt, seconds, aspect and seed."""

    def load_context(self, context: Any) -> None:
        """Verify and open the bundle."""
        self._pipeline = Pipeline.from_bundle(Bundle.load(Path(context.artifacts[ARTIFACT]), variant=chosen_variant()))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """A clip for each row.

        Args:
            context: Unused here; ``load_context`` has read it.
            model_input: Columns ``prompt``, ``seconds``, ``aspect`` (a ratio's name) and ``seed``.
            params: ``steps`` and ``guidance`` instead of the model's own.

        Returns:
            Columns ``npz`` (bytes of a NumPy archive: ``frames`` uint8 [F, H, W, 3], ``audio`` float32 [S], ``fps``,
            ``sample_rate``; opens with ``allow_pickle=False``) and ``seed``.

        Raises:
            serving.errors.RequestRefused: a row that the model does not cover.
        """
        del context
        options = {"steps": None, "guidance": None, **(params or {})}
        rows = model_input.to_dict("records")
        return pd.DataFrame(
            {"npz": [self._archive(row, options) for row in rows], "seed": [int(row["seed"]) for row in rows]}
        )

    def _archive(self, row: Mapping[Any, Any], options: Mapping[str, Any]) -> bytes:
        clip = self._pipeline.generate(
            str(row["prompt"]),
            seconds=float(row["seconds"]),
            aspect=str(row["aspect"]),
            seed=int(row["seed"]),
            overrides=Overrides(steps=options["steps"], guidance=options["guidance"]),
        )
        assert clip.audio is not None
        buffer = io.BytesIO()
        np.savez_compressed(buffer, frames=clip.frames, audio=clip.audio, fps=clip.fps, sample_rate=clip.sample_rate)
        return buffer.getvalue()


set_model(CinemillModel())
