import subprocess
import sys

import pytest

from models.curriculum import STAGES
from models.presets import PAPER_TEXT, PRESETS
from models.recipes import PROFILES


def test_small_fits_what_is_shipped():
    import torch

    from models.backbone import Backbone

    with torch.device("meta"):
        network = Backbone(PRESETS["small"]())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert 11e6 < parameters < 12e6
    assert 2 * parameters <= 24e6  # bytes in bfloat16


def test_presets_load_without_torch():
    code = "import sys, models.presets, models.curriculum, models.planning.report; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["1b", "5b", "30b"])
def test_large_presets_name_the_three_encoders_of_the_paper(name):
    encoders = PRESETS[name]().text.encoders
    assert [encoder.kind for encoder in encoders.values()] == ["t5", "clip", "byt5"]
    assert [encoder.width for encoder in encoders.values()] == [4096, 1280, 1472]
    assert all(encoder.source for encoder in encoders.values())


def test_the_paper_s_encoders_have_as_many_tokens_as_the_stages_are_planned_with():
    assert {stage.text_tokens for stage in STAGES.values()} == {PAPER_TEXT.length}


def test_a_profile_s_networks_read_the_same_encoders_since_they_read_the_same_latents():
    for profile in PROFILES.values():
        assert profile().backbone.text == profile().audio_model.text
