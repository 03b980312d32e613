import json

import av
import numpy as np
import pytest

from assets.ingestion.sources import discover
from assets.world.draw import EASY, WorldOptions, draw
from assets.world.render import render
from assets.world.spec import WorldSpec
from assets.world.write import stream, write_clip
from serving.errors import MediaError


def test_a_clip_is_an_mp4_with_sound_whose_sidecar_says_all(tmp_path):
    clip = render(draw(6), 64, 96, 8, 12)
    path = write_clip(tmp_path, clip)
    with av.open(str(path)) as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
        assert file.streams.audio[0].rate == 48_000
    assert np.abs(np.stack(frames).astype(int) - clip.frames).mean() < 8
    sidecar = json.loads((tmp_path / f"{path.name}.json").read_text())
    assert WorldSpec.from_json(sidecar["spec"]) == clip.spec
    assert sidecar["truth"]["short"] == clip.truth.short
    assert len(sidecar["truth"]["tracks"][0]["box"]) == 12
    again = render(WorldSpec.from_json(sidecar["spec"]), 64, 96, 8, 12)
    assert np.array_equal(again.frames, clip.frames)


def test_ingest_takes_a_written_clip_with_its_licence(tmp_path):
    write_clip(tmp_path, render(draw(6), 64, 64, 8, 8))
    (source,) = discover([str(tmp_path)])
    assert source.name.endswith(".mp4")
    assert source.licence == "CC0-1.0"
    assert "Kenney" in source.attribution


def test_a_fractional_rate_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(MediaError, match="whole number"):
        write_clip(tmp_path, render(draw(6), 64, 64, 12.5, 4))
    assert not list(tmp_path.iterdir())


def test_streamed_clips_are_tensors_in_the_range_of_training():
    clips = list(stream(range(3), 32, 48, 8, 4, EASY))
    for seed, clip in enumerate(clips):
        assert clip.video.shape == (3, 4, 32, 48)
        assert -1 <= float(clip.video.min()) < float(clip.video.max()) <= 1
        assert clip.audio.shape == (24_000,)
        assert clip.spec == draw(seed, EASY)
        assert len(clip.short.split()) < 12


def test_workers_with_their_own_seeds_make_the_whole_between_them():
    options = WorldOptions(objects=(1, 1))
    whole = [clip.spec for clip in stream(range(4), 24, 24, 8, 1, options)]
    parts = [[clip.spec for clip in stream(range(rank, 4, 2), 24, 24, 8, 1, options)] for rank in (0, 1)]
    assert [parts[0][0], parts[1][0], parts[0][1], parts[1][1]] == whole
