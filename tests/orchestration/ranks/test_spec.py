from dataclasses import replace
from pathlib import Path

import pytest

from models.recipes import AudioConfig, BackboneConfig, DataMix, TrainingRecipe
from orchestration.ranks.spec import JobSpec


@pytest.mark.parametrize("method", ["video", "audio"])
def test_a_spec_survives_its_file(tmp_path: Path, method: str):
    model = BackboneConfig(positions=(1, 2, 3), reference=True) if method == "video" else AudioConfig(layers=2)
    recipe = TrainingRecipe("x", method, model, (DataMix("a", "b", 0.5),), (DataMix("c", "d"),), init="/old", seed=4)
    spec = JobSpec("job", recipe, tmp_path / "out", 12.5, {"KEY": "value"})
    spec.write(tmp_path)
    assert JobSpec.read(tmp_path) == spec
    assert JobSpec.read(tmp_path) != replace(spec, submitted=1.0)
