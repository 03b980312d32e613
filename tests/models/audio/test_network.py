import pytest
import torch

from models.audio import AudioBackbone, initialise_from, load_audio_backbone, save_audio_backbone
from models.backbone import LatentDoesNotFit, WeightsDoNotFit
from models.recipes import AudioConfig
from tests.models.texts import random_text

CONFIG = AudioConfig(layers=2, width=32, ffn=64, heads=2, positions=12)


@pytest.fixture
def model():
    torch.manual_seed(0)
    made = AudioBackbone(CONFIG).eval()
    for parameter in made.parameters():
        if parameter.ndim > 1 and not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.2)
    return made


@pytest.fixture
def inputs():
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(2, 10, 128, generator=generator),
        torch.tensor([0.2, 0.7]),
        random_text(2, 5, generator=generator),
        torch.randn(2, 10, 64, generator=generator),
    ]


def test_video_is_added_to_its_own_audio_frame(model, inputs):
    embedded = []
    model.blocks[0].register_forward_pre_hook(lambda _m, args: embedded.append(args[0]))
    model(*inputs)
    inputs[3] = inputs[3].clone()
    inputs[3][:, 3] += 1
    model(*inputs)
    changed = (embedded[1] - embedded[0]).abs().amax((0, 2)) > 0
    assert changed.tolist() == [frame == 3 for frame in range(10)]


def test_every_condition_changes_the_velocity(model, inputs):
    velocity = model(*inputs)
    assert velocity.shape == inputs[0].shape
    time, text, video = inputs[1:]
    swapped = [(states.flip(0), mask) for states, mask in text]
    for other in ([time.flip(0), text, video], [time, swapped, video], [time, text, video.flip(0)]):
        assert (model(inputs[0], *other) - velocity).abs().max() > 1e-3


def test_frames_beyond_the_table_and_features_of_another_length_are_refused(model, inputs):
    with pytest.raises(LatentDoesNotFit, match="9 rows of video features for 10 audio frames"):
        model(*inputs[:3], inputs[3][:, :9])
    with pytest.raises(LatentDoesNotFit, match="exceed the 12 positions"):
        model(torch.randn(2, 13, 128), *inputs[1:3], torch.randn(2, 13, 64))


def test_a_saved_audio_backbone_loads_and_starts_another(model, inputs, tmp_path):
    save_audio_backbone(model, tmp_path)
    velocity = model(*inputs)
    assert torch.equal(load_audio_backbone(tmp_path)(*inputs), velocity)
    other = AudioBackbone(CONFIG).eval()
    initialise_from(other, tmp_path)
    assert torch.equal(other(*inputs), velocity)
    with pytest.raises(WeightsDoNotFit, match="has shape"):
        initialise_from(AudioBackbone(AudioConfig(layers=2, width=16, ffn=64, heads=2, positions=12)), tmp_path)
