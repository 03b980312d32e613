"""What a studio refuses or keeps: nothing is sampled that could not be finished, and nothing finished is lost."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from serving import finishing
from serving.catalog import Catalog, CatalogUnavailable
from serving.errors import GraphMissing, RequestRefused, SamplingFailed, ServingError, StreamBroken, Unrecorded
from serving.finishing import CAMPAIGN
from serving.live import Prompt
from serving.media.lossless import write_lossless
from serving.media.reading import read_video
from serving.provenance import Keys, verify
from serving.provenance.errors import KeysUnsafe, SigningFailed
from serving.shots import Shot


@pytest.fixture
def tried(studio, footage, tmp_path):
    """Every way to make something, each called with an output."""

    def tried(output):
        return (
            lambda: studio.generate(["a red ball"], [output], [0], seconds=1.0, aspect="1:1"),
            lambda: studio.long([Shot(prompt="a ball", seconds=1)], output, seed=0, aspect="1:1"),
            lambda: studio.edit(footage, "make it blue", output, seed=0),
            lambda: studio.stream(Prompt("a ball"), output, seed=0, aspect="1:1", told=lambda _: True, seconds=1.0),
        )

    return tried


@pytest.mark.parametrize(
    ("output", "said"), [("/proc/a.mp4", "cannot be written"), ("a.webm", "name of an mp4"), ("/dev/null", "of an mp4")]
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_sampled(tried, graphs, tmp_path, output, said):
    for call in tried(tmp_path / output):
        with pytest.raises(RequestRefused, match=said):
            call()
    assert not graphs["backbone"].batches
    assert Path("/dev/null").is_char_device()


def test_missing_keys_and_a_dead_catalog_are_told_before_sampling(tried, graphs, home, tmp_path, monkeypatch):
    calls = tried(tmp_path / "new" / "a.mp4")
    with monkeypatch.context() as context:
        context.setenv("CINEMILL_CATALOG_URL", "sqlite:////proc/none/catalog.db")
        for call in calls:
            with pytest.raises(CatalogUnavailable, match="CINEMILL_CATALOG_URL"):
                call()
    Keys.open(home)
    (home.keys / "leaf.key").chmod(0o644)
    for call in calls:
        with pytest.raises(KeysUnsafe, match="chmod 600"):
            call()
    assert not graphs["backbone"].batches
    assert not (tmp_path / "new").exists()


def test_a_model_without_sound_is_told_before_anything_is_sampled(tried, pipeline, graphs, tmp_path, monkeypatch):
    monkeypatch.delitem(pipeline.graphs, "audio_backbone")
    for call in tried(tmp_path / "a.mp4")[:2]:
        with pytest.raises(GraphMissing, match="audio_backbone"):
            call()
    assert not graphs["backbone"].batches


def test_what_is_read_is_never_written_over(studio, footage, tmp_path):
    before = footage.read_bytes()
    with pytest.raises(RequestRefused, match="write to another file"):
        studio.edit(footage, "make it blue", footage.parent / "." / footage.name, seed=0)
    picture = tmp_path / "p.mp4"
    picture.write_bytes(b"a picture")
    with pytest.raises(RequestRefused, match="write to another file"):
        studio.generate(["a ball"], [picture], [0], seconds=1.0, aspect="1:1", last_image=picture)
    assert (footage.read_bytes(), picture.read_bytes()) == (before, b"a picture")


def test_a_video_that_no_signature_can_name_is_refused_before_it_is_edited(studio, graphs, tmp_path):
    video = tmp_path / "a.mkv"
    write_lossless(video, (np.zeros((64, 64, 3), np.uint8) for _ in range(16)), 16)
    with pytest.raises(SigningFailed, match=r"a\.mkv cannot be named .* ffmpeg -i a\.mkv -c copy a-new\.mp4"):
        studio.edit(video, "make it blue", tmp_path / "b.mp4", seed=0)
    assert not graphs["editing_backbone"].batches


@pytest.mark.parametrize("scale", [float("nan"), float("inf")])
def test_a_guidance_by_the_source_that_is_no_number_is_refused(studio, footage, graphs, tmp_path, scale):
    with pytest.raises(RequestRefused, match="source guidance"):
        studio.edit(footage, "make it blue", tmp_path / "b.mp4", seed=0, source_guidance=scale)
    assert not graphs["editing_backbone"].batches


def failing_from(call, number, error):
    """The same call, which raises from its ``number``-th time on."""
    calls = []

    def failing(*rest, **how):
        calls.append(1)
        if len(calls) >= number:
            raise error
        return call(*rest, **how)

    return failing


def test_a_stream_that_cannot_go_on_keeps_what_was_made(studio, home, pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "next_latent", failing_from(pipeline.next_latent, 3, SamplingFailed("no more")))
    output = tmp_path / "new" / "live.mp4"
    with pytest.raises(StreamBroken, match=r"no more; what was made until then is in .*live\.mp4, signed"):
        studio.stream(Prompt("a red ball"), output, seed=3, aspect="1:1", told=lambda _: True)
    assert verify(output, home).ok
    assert len(read_video(output).frames) == 32 + 24
    assert list(output.parent.iterdir()) == [output]
    with closing(Catalog(home.catalog_url)) as catalog:
        assert len(catalog.deliverables(CAMPAIGN)) == 1


@pytest.mark.parametrize("error", [SigningFailed("the pen is dry"), KeyboardInterrupt()])
def test_a_stream_that_cannot_be_signed_is_left_unsigned(studio, tmp_path, monkeypatch, error):
    monkeypatch.setattr(finishing, "sign", failing_from(None, 1, error))
    with pytest.raises(
        StreamBroken, match=r"(pen is dry|interrupted); .* in .*live\.unsigned\.mp4, marked and not signed"
    ):
        studio.stream(Prompt("a ball"), tmp_path / "live.mp4", seed=3, aspect="1:1", told=lambda _: False)
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["live.unsigned.mp4"]
    assert len(read_video(tmp_path / "live.unsigned.mp4").frames) == 32


def test_a_fault_of_the_program_keeps_its_kind_and_what_was_streamed(studio, pipeline, tmp_path, monkeypatch):
    decode = failing_from(pipeline.graphs["autoencoder_decode"], 3, ZeroDivisionError("a fault"))
    monkeypatch.setitem(pipeline.graphs, "autoencoder_decode", decode)
    with pytest.raises(ZeroDivisionError, match="a fault") as told:
        studio.stream(Prompt("a ball"), tmp_path / "live.mp4", seed=3, aspect="1:1", told=lambda _: True)
    assert "live.unsigned.mp4, marked and not signed" in told.value.__notes__[0]
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["live.unsigned.mp4"]
    assert len(read_video(tmp_path / "live.unsigned.mp4").frames) == 32 + 24


def test_a_catalog_that_goes_loses_no_clip_of_a_batch(studio, tmp_path, monkeypatch):
    refuse = failing_from(None, 1, CatalogUnavailable("gone"))
    monkeypatch.setattr(Catalog, "record_deliverable", refuse)
    outputs = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    with pytest.raises(Unrecorded, match=r"a\.mp4 is finished and signed, .* gone; .*b\.mp4 is finished") as told:
        studio.generate(["a ball", "a cube"], outputs, [0, 1], seconds=0.5, aspect="1:1")
    assert isinstance(told.value, ServingError)
    assert all(output.exists() for output in outputs)


def test_names_that_no_file_can_have_are_refused(studio, graphs, tmp_path):
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    for name in ("loop.mp4", "gone/a.mp4", "a" * 250 + ".mp4", "a" * 300 + ".mp4"):
        with pytest.raises(RequestRefused, match="cannot be written"):
            studio.generate(["a ball"], [tmp_path / name], [0], seconds=0.5, aspect="1:1")
    assert not graphs["backbone"].batches
    (tmp_path / "old.mp4").write_bytes(b"old")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "old.mp4")
    for name in ("old.mp4", "link.mp4", "new/folder/a.mp4"):
        studio.generate(["a ball"], [tmp_path / name], [0], seconds=0.5, aspect="1:1", audio=False)
        assert len(read_video(tmp_path / name).frames) == 8
