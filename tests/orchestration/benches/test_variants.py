import numpy as np
import pytest

from orchestration.benches import variants
from orchestration.benches.envelope import names
from orchestration.benches.variants import Measured


def test_the_bench_is_found_by_its_name():
    assert "variants" in names()


def test_a_loss_is_what_the_full_weights_score_above_a_variant_clip_by_clip():
    found = {
        "fp32": Measured([1.0, 0.5, 1.0, 1.0], [0.004, 0.002, 0.003], [0.0] * 4),
        "int8": Measured([1.0, 0.75, 0.5, 1.0], [0.001, 0.002, 0.0015], [2.0, 4.0, 3.0, 3.0]),
    }
    told = variants.figures(found)
    assert told["step_ms_fp32"] == pytest.approx(3.0)
    assert told["step_ms_int8"] == pytest.approx(1.5)
    assert told["score_int8"] == pytest.approx(0.8125)
    assert told["loss_int8"] == pytest.approx(0.0625)
    assert told["loss_int8_low"] <= told["loss_int8"] <= told["loss_int8_high"]
    assert told["grey_int8"] == pytest.approx(3.0)
    assert "loss_fp32" not in told


def test_each_variant_shows_each_prompt_under_its_own_seed(monkeypatch):
    from types import SimpleNamespace

    calls = []

    class Pipeline:
        config = SimpleNamespace(sampler=SimpleNamespace(steps=5))

        def __init__(self, name):
            self.name = name

        @classmethod
        def from_bundle(cls, bundle):
            return cls(bundle)

        def latents(self, texts, seeds, *, seconds, aspect):
            calls.append((self.name, tuple(texts), tuple(seeds)))
            return [np.full(1, self.name == "int8", np.uint8) for _ in texts]

        def decode(self, latent, frames):
            return np.full((frames, 2, 2, 3), 3 * int(latent[0]), np.uint8)

    class Asked:
        def __init__(self, text):
            self.text = text

        def answered(self, seen):
            return {"colour": seen == 0}

    monkeypatch.setattr(variants, "Pipeline", Pipeline)
    monkeypatch.setattr(variants, "sights", lambda clips: [int(clip.max()) for clip in clips])
    prompts = [Asked(f"prompt {number}") for number in range(10)]
    found = variants.measured({"fp32": "fp32", "int8": "int8"}, prompts)
    assert found["fp32"].scores == [1.0] * 10
    assert found["int8"].scores == [0.0] * 10
    assert found["int8"].grey == [3.0] * 10
    assert sorted(calls)[:2] == [
        ("fp32", tuple(f"prompt {number}" for number in range(8)), tuple(range(8))),
        ("fp32", ("prompt 8", "prompt 9"), (8, 9)),
    ]
