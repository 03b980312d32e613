import json

import pytest
import torch

from models.audio import load_audio_backbone
from models.backbone import WeightsDoNotFit, initialise_from, load_backbone, save_backbone
from models.text.config import TextConfig, TextEncoderConfig


def test_a_saved_backbone_loads_with_the_same_outputs(make, inputs, tmp_path):
    model = make(source=True, reference=True)
    save_backbone(model, tmp_path)
    loaded = load_backbone(tmp_path)
    assert loaded.config == model.config
    assert torch.equal(loaded(**inputs), model(**inputs))
    assert json.loads((tmp_path / "config.json").read_text())["kind"] == "backbone"


def test_a_new_source_leaves_the_output_of_the_earlier_model(make, inputs, tmp_path):
    base = make()
    save_backbone(base, tmp_path)
    model = make(awake=False, seed=5, source=True)
    initialise_from(model, tmp_path)
    # The sums behind the two outputs are grouped differently, so they agree to rounding.
    torch.testing.assert_close(
        model(**inputs, source_BCTHW=torch.randn(2, 16, 3, 6, 8)), base(**inputs), rtol=0, atol=1e-5
    )


def test_a_new_reference_leaves_the_output_of_the_earlier_model_and_can_learn(make, inputs, tmp_path):
    base = make()
    save_backbone(base, tmp_path)
    model = make(awake=False, seed=5, reference=True)
    initialise_from(model, tmp_path)
    velocity = model(**inputs, reference=torch.randn(2, 3, 64, 64))
    assert torch.equal(velocity, base(**inputs))
    velocity.square().sum().backward()
    assert all(block.cross_attention.reference_out.weight.grad.any() for block in model.blocks)


def test_tables_grow_at_a_warm_start(make, inputs, tmp_path):
    base = make()
    save_backbone(base, tmp_path)
    model = make(seed=5, positions=(8, 6, 6))
    initialise_from(model, tmp_path)
    assert torch.equal(model(**inputs), base(**inputs))


@pytest.mark.parametrize(
    ("earlier", "later", "message"),
    [
        ({}, {"ffn": 64}, "ffn is 48 there and 64"),
        ({}, {"layers": 3}, "layers is 2 there and 3"),
        ({}, {"positions": (4, 3, 2)}, "width_WD has 4 entries and cannot shrink to 2"),
        ({"source": True}, {}, "source condition would be lost"),
        ({"reference": True}, {}, "reference condition would be lost"),
    ],
)
def test_a_warm_start_refuses_what_does_not_fit(make, tmp_path, earlier, later, message):
    save_backbone(make(**earlier), tmp_path)
    with pytest.raises(WeightsDoNotFit, match=message):
        initialise_from(make(**later), tmp_path)


def test_a_folder_without_a_model_or_with_another_kind_or_a_damaged_one_is_refused(make, tmp_path):
    with pytest.raises(WeightsDoNotFit, match="holds no config"):
        load_backbone(tmp_path)
    save_backbone(make(), tmp_path)
    with pytest.raises(WeightsDoNotFit, match="of kind 'backbone', not 'audio'"):
        load_audio_backbone(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(WeightsDoNotFit, match="cannot be read"):
        load_backbone(tmp_path)


def test_a_model_knows_its_text_encoders_and_a_warm_start_keeps_them(make, tmp_path):
    text = TextConfig(long=TextEncoderConfig("clip", 128, 24, "elsewhere"))
    save_backbone(make(text=text), tmp_path)
    assert load_backbone(tmp_path).config.text == text
    with pytest.raises(WeightsDoNotFit, match=r"text is .*'source': 'elsewhere'.* there and"):
        initialise_from(make(), tmp_path)


def test_a_warm_start_may_read_more_tokens_of_a_text(make, tmp_path):
    save_backbone(make(seed=1), tmp_path)
    longer = make(seed=2, text=TextConfig(long=TextEncoderConfig("contrastive", 128, 96)))
    initialise_from(longer, tmp_path)
    for name, tensor in load_backbone(tmp_path).state_dict().items():
        assert torch.equal(longer.state_dict()[name], tensor)


def test_a_model_of_one_text_encoder_is_refused_with_what_to_do(make, tmp_path):
    save_backbone(make(), tmp_path)
    stored = json.loads((tmp_path / "config.json").read_text())
    del stored["model"]["text"]
    (tmp_path / "config.json").write_text(json.dumps(stored))
    with pytest.raises(WeightsDoNotFit, match="one text encoder, not three: train it again"):
        load_backbone(tmp_path)
