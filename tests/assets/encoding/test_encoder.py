import numpy as np
import pytest

from assets.encoding.encoder import Encoder
from assets.encoding.plan import Part, plan
from assets.encoding.shards import NULL, read_index, read_shard, write_index, write_shard
from assets.sandbox_corpus.lots import records
from assets.world.lasting import lasting
from assets.world.render import render
from models.files import sha256_file
from models.recipes import smoke
from serving.features import video_features


class _Pooling:
    """Latents that a reader can work out: means of 8x8x8 blocks in every channel; sound by frames of 1920."""

    def encode(self, value):
        if value.ndim == 2:
            return value.unflatten(1, (-1, 1920))[..., :128]
        pooled = value.mean(dim=1)
        frames = -(-pooled.shape[1] // 8)
        pooled = pooled[:, ::8].unflatten(2, (-1, 8)).unflatten(4, (-1, 8)).mean(dim=(3, 5))
        return pooled[:, None, :frames].repeat(1, 16, 1, 1, 1)


class _Lengths:
    """A text's states are a multiple of its length; every text is asked for once."""

    def __init__(self, factor, length, width):
        self.asked = []
        self.sizes = factor, length, width

    def encode(self, texts):
        self.asked += texts
        factor, length, width = self.sizes
        states = np.zeros((len(texts), length, width), np.float32)
        states += factor * np.array([len(text) for text in texts], np.float32)[:, None, None]
        return states, np.ones((len(texts), length), bool)


_PARTS = plan([record.row() for record in records(smoke().corpus, smoke().world)], {}, smoke())


def _parts(group):
    return [part for part in _PARTS if part.group == group]


@pytest.fixture
def encoder():
    return Encoder(
        _Pooling(),
        _Pooling(),
        {"prompt": _Lengths(1, 40, 384), "long": _Lengths(2, 60, 128), "characters": _Lengths(3, 32, 291)},
    )


def test_latents_are_those_of_the_rendered_clip(encoder):
    part = _parts("video-high")[0]
    tensors = encoder.tensors(part)
    assert tensors["latent"].shape == (len(part.clips), 16, *part.latent_size)
    assert tensors["latent"].dtype == np.float16
    spec = lasting(part.clips[1].spec, 4.0)
    first = render(spec, part.height, part.width, 16, 64).frames[0] / 127.5 - 1
    assert tensors["latent"][1, 0, 0, 0, 0] == pytest.approx(first[:8, :8].mean(), abs=1e-3)


def test_texts_are_prefixed_captions_encoded_once(encoder):
    part = _parts("video-low")[0]
    tensors = encoder.tensors(part)
    lengths = [len(f"FPS-16. {clip.caption}") for clip in part.clips]
    for factor, role, size in ((1, "prompt", (40, 384)), (2, "long", (60, 128)), (3, "characters", (32, 291))):
        assert tensors[f"text_{role}"][:, 0, 0].tolist() == [factor * length for length in lengths]
        assert tensors[f"text_{role}"].shape == (len(part.clips), *size)
        assert tensors[f"text_{role}_mask"].shape == (len(part.clips), size[0])
    encoder.tensors(part)
    for each in encoder._texts._encoders.values():
        assert len(each.asked) == len(set(each.asked)) > 0


def test_the_null_condition_has_no_prefix(encoder):
    null = encoder.null()
    assert null["text_prompt"].shape == (40, 384)
    assert null["text_characters_mask"].shape == (32,)
    assert not any(null[f"text_{role}"].any() for role in ("prompt", "long", "characters"))


def test_an_edit_keeps_its_source_beside_it(encoder):
    for part in _parts("editing"):
        tensors = encoder.tensors(part)
        assert tensors["source"].shape == tensors["latent"].shape
        assert all((a != b).any() for a, b in zip(tensors["source"], tensors["latent"], strict=True))


def test_videos_keep_their_first_and_last_picture_encoded_by_themselves(encoder):
    for group in ("video-low", "video-high"):
        part = _parts(group)[0]
        tensors = encoder.tensors(part)
        spec = lasting(part.clips[1].spec, part.seconds)
        frames = render(spec, part.height, part.width, 16, part.frames).frames / 127.5 - 1
        for name, frame in (("first", frames[0]), ("last", frames[-1])):
            assert tensors[name].shape == (len(part.clips), 16, part.height // 8, part.width // 8)
            assert tensors[name][1, 0, 0, 0] == pytest.approx(frame[:8, :8].mean(), abs=1e-3)
    assert "first" not in encoder.tensors(_parts("image-low")[0])


def test_at_another_frame_rate_things_are_as_fast_and_the_text_says_so(encoder):
    part = next(part for part in _parts("video-low") if part.fps == 24)
    tensors = encoder.tensors(part)
    for number, clip in enumerate(part.clips):
        frames = render(lasting(clip.spec, 2.0), part.height, part.width, 24, part.frames).frames / 127.5 - 1
        assert tensors["last"][number, 0, 0, 0] == pytest.approx(frames[-1][:8, :8].mean(), abs=1e-3)
        assert tensors["text_prompt"][number, 0, 0] == len(f"FPS-24. {clip.caption}")
    assert "FPS-24. " + part.clips[0].caption in encoder._texts._encoders["prompt"].asked
    assert part.seconds == pytest.approx(32 / 24)


def test_a_person_keeps_a_reference_picture(encoder):
    tensors = encoder.tensors(_parts("personalization")[0])
    assert tensors["reference"].shape[1:] == (3, 64, 64)
    assert tensors["reference"].dtype == np.uint8


def test_sound_and_picture_of_the_audio_group_belong_together(encoder):
    part = _parts("audio")[0]
    tensors = encoder.tensors(part)
    assert tensors["latent"].shape == (len(part.clips), 100, 128)
    clip = render(lasting(part.clips[2].spec, 4.0), 64, 64, 16, 64)
    assert tensors["latent"][2, 7] == pytest.approx(clip.samples[7 * 1920 : 7 * 1920 + 128], abs=1e-3)
    video = encoder.tensors(Part("video", "train", 64, 64, 64, part.clips))["latent"]
    assert tensors["video"][2] == pytest.approx(video_features(video[2], 100), abs=1e-3)


def test_training_reads_what_was_written(encoder, tmp_path):
    from models.training.shards import open_shards

    parts = [part for group in ("image-low", "personalization", "editing", "audio") for part in _parts(group)]
    for part in parts:
        write_shard(tmp_path / part.name, encoder.tensors(part))
    write_shard(tmp_path / NULL, encoder.null())
    write_index(tmp_path, parts, smoke().backbone.text)
    assert read_index(tmp_path)["text_encoders"]["long"]["kind"] == "contrastive"
    for entry in read_index(tmp_path)["shards"]:
        assert sha256_file(tmp_path / entry["file"]) == entry["sha256"]
    shards = open_shards(tmp_path / "index.json")
    image = shards.group("image-low", "train")[0]
    assert image.size == (1, 8, 8)
    assert len(image) == smoke().corpus.images
    assert shards.group("audio", "validation")[0].size == (100,)
    sample = shards.group("personalization", "train")[0].gather([0])
    assert sample["reference"].abs().max() <= 1
    assert sample["text_long_mask"].dtype.is_floating_point is False
    kept = read_shard(tmp_path / parts[0].name)["latent"]
    assert np.array_equal(image.gather([1])["latent"][0].numpy(), kept[1].astype(np.float32))
