import hashlib
import io

import numpy as np
import pytest

from serving import memory as memory_module
from serving.catalog import Catalog
from serving.decoding.tiles import Tiles
from serving.errors import BundleMissing, MediaError, PromptRefused, RequestRefused
from serving.film import Film
from serving.finishing import CAMPAIGN
from serving.home import Home
from serving.live import Prompt
from serving.media.mp4 import write_mp4
from serving.media.reading import read_video
from serving.memory import Fitting
from serving.openai_endpoint import ChatClient, Endpoint
from serving.provenance import verify
from serving.provenance.signing import FACTS_LABEL
from serving.rewriting import RULES, EndpointRewriter, RewritingFailed
from serving.sampling.caching import calibrated
from serving.sampling.sampler import Overrides
from serving.shots import Shot
from serving.studio import Studio
from serving.upsampling.cascade import Enlarger
from tests.chat_server import says


def one(studio, prompt, output, seed=0, **options):
    """The only clip of a batch of one."""
    (made,) = studio.generate([prompt], [output], [seed], **options)
    return made


def test_a_generated_clip_is_sized_marked_signed_and_recorded(studio, home, tmp_path):
    made = one(studio, "a red ball", tmp_path / "out.mp4", 3, seconds=1.0, aspect="16:9")
    assert (made.size, made.seconds, made.model_version) == ((480, 854), 1.0, "7")
    assert verify(made.path, home).ok
    video = read_video(made.path)
    assert video.frames.shape == (16, 480, 854, 3)
    assert video.sample_rate == 48_000
    assert video.audio.shape[1] == 2
    catalog = Catalog(home.catalog_url)
    (row,) = catalog.deliverables(CAMPAIGN)
    catalog.close()
    assert row.sha256 == made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert (row.prompt, row.seed, row.model_version) == ("a red ball", 3, "7")


def test_a_clip_and_a_long_video_have_the_resolution_asked_for(studio, tmp_path):
    made = one(studio, "a red ball", tmp_path / "clip.mp4", seconds=0.5, aspect="1:1", resolution="720p")
    assert made.size == read_video(made.path).frames.shape[1:3] == (720, 720)
    made = studio.long(
        [Shot(prompt="a ball", seconds=1.0)], tmp_path / "long.mp4", seed=0, aspect="1:1", resolution="720p"
    )
    assert made.size == read_video(made.path).frames.shape[1:3] == (720, 720)


def test_frames_are_decoded_in_the_tiles_that_a_budget_allows(studio, pipeline, tmp_path, monkeypatch):
    decoded = []
    decode = pipeline.graphs["autoencoder_decode"]
    monkeypatch.setitem(
        pipeline.graphs,
        "autoencoder_decode",
        lambda *, latent: (decoded.append(latent.shape[2:]), decode(latent=latent))[1],
    )
    one(studio, "a red ball", tmp_path / "a.mp4", seconds=4.0, aspect="1:1")
    assert decoded == [(8, 12, 12)]
    asked = []

    def cut(pipeline, *rest):
        asked.append(rest)
        return Fitting(Tiles(16, 8, 64, 16), pipeline.enlarger, 0)

    monkeypatch.setattr(memory_module, "cut_within", cut)
    one(studio, "a red ball", tmp_path / "b.mp4", seconds=4.0, aspect="1:1", memory=1 << 30)
    assert set(decoded[1:]) == {(2, 8, 8)}
    assert len(read_video(tmp_path / "b.mp4").frames) == 64
    studio.long([Shot(prompt="a ball", seconds=6)], tmp_path / "c.mp4", seed=0, aspect="1:1", memory=1 << 30)
    assert asked == [((16, frames // 8, 12, 12), (480, 480), 1 << 30) for frames in (64, 96)]


def test_a_budget_too_small_is_refused_before_anything_is_sampled_or_written(studio, graphs, tmp_path, monkeypatch):
    def refuse(pipeline, latent, size, budget):
        raise RequestRefused("give more")

    monkeypatch.setattr(memory_module, "cut_within", refuse)
    with pytest.raises(RequestRefused, match="give more"):
        one(studio, "a red ball", tmp_path / "a.mp4", seconds=4.0, aspect="1:1", memory=1 << 20)
    with pytest.raises(RequestRefused, match="give more"):
        studio.long([Shot(prompt="a ball", seconds=1)], tmp_path / "a.mp4", seed=0, aspect="1:1", memory=1 << 20)
    assert graphs["backbone"].batches == []
    assert not list(tmp_path.glob("*.mp4"))


def test_a_long_clip_of_one_prompt_is_blended_windows_and_says_so(studio, home, tmp_path):
    made = one(studio, "a red ball", tmp_path / "long.mp4", seconds=6.25, aspect="1:1")
    assert made.seconds == 6.25
    assert verify(made.path, home).ok
    video = read_video(made.path)
    assert len(video.frames) == 100
    assert len(video.audio) == pytest.approx(6.25 * 48_000, abs=1024)
    assert stated(made.path)["sampling"].split(" (")[0].endswith(", 3 blended windows of 8 latent frames")
    with pytest.raises(RequestRefused, match="24 frames a second"):
        one(studio, "a red ball", tmp_path / "fast.mp4", seconds=2.0, aspect="1:1", fps=24)


def test_a_long_video_of_shots_is_marked_signed_and_recorded(studio, home, tmp_path):
    shots = [Shot(seconds=4, prompt="a red ball"), Shot(seconds=2.5, prompt="a blue square", cut=True)]
    made = studio.long(shots, tmp_path / "long.mp4", seed=3, aspect="1:1")
    assert (made.size, made.seconds) == ((480, 480), 6.5)
    assert verify(made.path, home).ok
    video = read_video(made.path)
    assert len(video.frames) == 104
    assert len(video.audio) == pytest.approx(6.5 * 48_000, abs=1024)  # AAC fills its last frame
    assert stated(made.path)["title"] == "4 s: a red ball / 2.5 s: a blue square"
    assert stated(made.path)["sampling"].split(" (")[0].endswith(", 2 blended windows of 8 latent frames, cut at 8")
    silent = studio.long(shots[:1], tmp_path / "silent.mp4", seed=3, aspect="1:1", audio=False, joined="continued")
    assert stated(silent.path)["sampling"].split(" (")[0].endswith(", 1 continued windows of 8 latent frames")
    assert read_video(tmp_path / "silent.mp4").audio is None
    with pytest.raises(PromptRefused):
        studio.long([*shots, Shot(seconds=4, prompt="a naked child")], tmp_path / "b.mp4", seed=3, aspect="1:1")


def test_the_signature_says_how_a_clip_was_sampled_and_its_record_is_its_own(studio, pipeline, shift_flow, tmp_path):
    pipeline.graphs["backbone"] = shift_flow
    table = calibrated(*pipeline.guided(["a red ball"], [1], seconds=0.5), pipeline.config.sampler)
    pipeline.config = pipeline.config.model_copy(update={"calibration": table})
    facts = []
    for number, overrides in enumerate((Overrides(), Overrides(cache=0.3), Overrides(steps=2))):
        path = tmp_path / f"{number}.mp4"
        one(studio, "a red ball", path, seconds=0.5, aspect="1:1", audio=False, overrides=overrides)
        facts.append(stated(path))
    assert facts[0]["sampling"] == "euler, 4 linear_quadratic steps like the first of 8, guidance 2"
    assert facts[1]["sampling"].endswith("steps reused within 0.3")
    for overrides in (Overrides(emulated_steps=6), Overrides(guidance_interval=(0.1, 0.8))):
        path = tmp_path / f"{overrides}.mp4"
        one(studio, "a red ball", path, seconds=0.5, aspect="1:1", audio=False, overrides=overrides)
        facts.append(stated(path))
    one(studio, "a red ball", tmp_path / "heard.mp4", seconds=0.5, aspect="1:1")
    facts.append(stated(tmp_path / "heard.mp4"))
    assert len({each["record_id"] for each in facts}) == 6


def test_a_shot_lasts_as_long_as_was_asked_for(studio, tmp_path):
    shots = [Shot(seconds=1, prompt="a red ball"), Shot(seconds=0.3, prompt="a blue square", cut=True)]
    video = read_video(studio.long(shots, tmp_path / "a.mp4", seed=3, aspect="1:1").path)
    assert len(video.frames) == round(1.3 * 16)
    assert len(video.audio) == pytest.approx(21 * 3000, abs=1024)


def test_frames_are_enlarged_without_a_look_across_cuts():
    class Noting(Enlarger):
        def __call__(self, pieces, size):
            yield [int(piece[0, 0, 0, 0]) for piece in pieces]

    pieces = [np.full((1, 2, 2, 3), level, np.uint8) for level in range(3)]
    film = Film([pieces[:2], pieces[2:]], 3, 16, None, 0, (2, 2), Noting(), "", "")
    assert list(film.enlarged((4, 4))) == [[0, 1], [2]]


def test_the_mark_leads_to_the_record(studio, home, tmp_path):
    made = one(studio, "a red ball", tmp_path / "out.mp4", 3, seconds=0.5, aspect="1:1")
    catalog = Catalog(home.catalog_url)
    (row,) = catalog.deliverables(CAMPAIGN)
    catalog.close()
    assert verify(made.path, home).watermark.payload == row.variant


def generated(studio, home, path, prompt, **options):
    """A clip, what the catalog says of it, and what its signature states."""
    made = one(studio, prompt, path, 3, seconds=0.5, aspect="1:1", **options)
    catalog = Catalog(home.catalog_url)
    row = next(row for row in catalog.deliverables(CAMPAIGN) if row.sha256 == made.sha256)
    catalog.close()
    return made, row, stated(path)


def heard_by(pipeline):
    """The prompts that a pipeline is given from now on."""
    heard = []
    latents = pipeline.latents
    pipeline.latents = lambda prompts, *rest, **options: (heard.extend(prompts), latents(prompts, *rest, **options))[1]
    return heard


def stated(path):
    import c2pa

    with path.open("rb") as stream, c2pa.Reader("video/mp4", stream) as reader:
        assertions = reader.get_active_manifest()["assertions"]
    return next(item["data"] for item in assertions if item["label"] == FACTS_LABEL)


def test_a_rewritten_prompt_is_generated_and_recorded_beside_the_original(studio, home, tmp_path, pipeline):
    heard = heard_by(pipeline)
    made, row, facts = generated(studio, home, tmp_path / "a.mp4", "A red  ball.", rewriter=RULES)
    assert (row.prompt, row.rewrite.text, row.rewrite.rewriter) == ("A red  ball.", "a red ball", "rules-1")
    assert (made.rewrite.text, facts["title"]) == ("a red ball", "A red  ball.")
    assert facts["prompt_sha256"] == hashlib.sha256(b"A red  ball.").hexdigest()
    assert facts["rewritten_prompt_sha256"] == hashlib.sha256(b"a red ball").hexdigest()
    plain, plain_row, plain_facts = generated(studio, home, tmp_path / "b.mp4", "a red ball")
    assert (plain.rewrite, plain_row.rewrite, plain_facts["rewritten_prompt_sha256"]) == (None, None, None)
    assert heard == ["a red ball"] * 2
    assert facts["record_id"] != plain_facts["record_id"]


def test_a_rewriter_that_fails_stops_the_clip(studio, serve, tmp_path):
    server = serve(says("a naked child"))
    rewriter = EndpointRewriter(ChatClient(Endpoint(server.url, "m", "CINEMILL_REWRITER")))
    with pytest.raises(RewritingFailed, match="'minors'"):
        one(studio, "a red ball", tmp_path / "o.mp4", seconds=1, aspect="1:1", rewriter=rewriter)
    assert not (tmp_path / "o.mp4").exists()


def test_nobody_is_asked_to_rewrite_what_is_refused_or_cannot_be_made(home, serve, tmp_path):
    server = serve(says("a red ball"))
    rewriter = EndpointRewriter(ChatClient(Endpoint(server.url, "m", "CINEMILL_REWRITER")))
    for prompt, error in (("a naked child", PromptRefused), ("a red ball", BundleMissing)):
        studio = Studio(Home(tmp_path / "empty"))
        with pytest.raises(error):
            one(studio, prompt, tmp_path / "o.mp4", seconds=1, aspect="1:1", rewriter=rewriter)
    assert server.asked == []


def test_an_edit_keeps_the_sound_and_names_its_parent(studio, home, footage, tmp_path):
    import c2pa

    made = studio.edit(footage, "make it blue", tmp_path / "edit.mp4", seed=1)
    assert made.seconds == 2.0
    assert made.size == (480, 854)
    assert "source guidance" not in stated(made.path)["sampling"]
    assert verify(made.path, home).ok
    assert read_video(made.path).audio is not None
    with made.path.open("rb") as stream, c2pa.Reader("video/mp4", stream) as reader:
        assert reader.get_active_manifest()["ingredients"][0]["title"] == "footage.mp4"


def test_of_a_long_film_an_edit_takes_the_beginning(studio, pipeline, tmp_path, monkeypatch):
    film, given, edit = tmp_path / "film.mp4", [], pipeline.edit
    frames = (np.full((64, 112, 3), min(index, 250), np.uint8) for index in range(16 * 70))
    write_mp4(film, frames, 16, np.zeros((70 * 48_000, 2), np.float32), preset="ultrafast")
    monkeypatch.setattr(pipeline, "edit", lambda video, *rest, **how: given.append(video) or edit(video, *rest, **how))
    made = studio.edit(film, "make it blue", tmp_path / "edit.mp4", seed=1)
    assert made.seconds == 4.0
    assert np.abs(given[0].mean(axis=(1, 2, 3)) - np.arange(64)).max() < 3
    assert len(read_video(made.path).audio) == pytest.approx(4 * 48_000, abs=4096)


def test_an_edit_says_how_it_was_guided(studio, footage, tmp_path):
    made = studio.edit(
        footage, "make it blue", tmp_path / "e.mp4", seed=1, source_guidance=1.5, overrides=Overrides(guidance=4.0)
    )
    assert stated(made.path)["sampling"].endswith("guidance 4, source guidance 1.5")


@pytest.mark.parametrize(
    ("output", "seed", "message"),
    [(".", 1, "is a folder: name the mp4"), ("a.mp4", 2**63, "a seed is a whole number from 0 to"), ("a.mp4", -1, "")],
)
def test_what_could_not_be_written_or_recorded_is_refused_before_the_model_is_loaded(tmp_path, output, seed, message):
    studio = Studio(Home(tmp_path / "empty"))
    with pytest.raises(RequestRefused, match=message):
        one(studio, "a red ball", tmp_path / output, seed, seconds=1, aspect="1:1")
    with pytest.raises(RequestRefused, match=message):
        studio.stream(Prompt("a red ball"), tmp_path / output, seed=seed, aspect="1:1", told=lambda _: True)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_a_stream_of_no_finite_length_is_refused(tmp_path, seconds):
    with pytest.raises(RequestRefused, match="leave the length out"):
        Studio(Home(tmp_path)).stream(
            Prompt("a ball"), tmp_path / "a.mp4", seed=0, aspect="1:1", told=lambda _: True, seconds=seconds
        )


def test_a_refused_prompt_is_refused_before_the_model_is_loaded(tmp_path):
    with pytest.raises(PromptRefused):
        one(Studio(Home(tmp_path)), "a naked child", tmp_path / "o.mp4", seconds=1, aspect="1:1")


def test_without_a_champion_the_error_says_so(tmp_path):
    with pytest.raises(BundleMissing, match="promote"):
        one(Studio(Home(tmp_path)), "a red ball", tmp_path / "o.mp4", seconds=1, aspect="1:1")
    assert not (tmp_path / "o.mp4").exists()


def test_what_is_no_video_cannot_be_edited(studio, tmp_path):
    (tmp_path / "t.mp4").write_text("text")
    with pytest.raises(MediaError, match=r"t\.mp4"):
        studio.edit(tmp_path / "t.mp4", "make it blue", tmp_path / "o.mp4", seed=0)


def test_a_model_with_an_upsampler_makes_clips_by_it_and_says_so(studio, pipeline, monkeypatch, tmp_path):
    import c2pa

    seen = []

    def still(*, state, time, condition):
        seen.append(condition.shape[2:])
        return np.zeros_like(state)

    monkeypatch.setitem(pipeline.graphs, "upsampler", still)
    made = one(studio, "a red ball", tmp_path / "out.mp4", seconds=1.0, aspect="16:9")
    assert (made.size, made.seconds) == ((480, 854), 1.0)
    assert {shape[0] for shape in seen} == {14, 6}
    assert max(shape[1] for shape in seen) > 64
    with c2pa.Reader(str(made.path)) as reader:
        assert "upsampler: 4x in 2 steps" in reader.json()
    with pytest.raises(RequestRefused, match="a memory budget needs a bundle's graph"):
        one(studio, "a red ball", tmp_path / "b.mp4", seconds=1.0, aspect="16:9", memory=1 << 30)


def test_a_stream_is_marked_signed_and_recorded_with_all_its_prompts(studio, home, tmp_path):
    prompt, told = Prompt("a red ball"), []

    def tell(chunk):
        told.append((chunk.prompt, len(chunk.frames)))
        prompt.change("a blue car")
        return True

    made = studio.stream(prompt, tmp_path / "live.mp4", seed=3, aspect="16:9", told=tell, seconds=4.0)
    assert told == [("a red ball", 32), ("a blue car", 24), ("a blue car", 8)]
    assert (made.size, made.seconds, made.model_version) == ((128, 224), 4.0, "7")
    assert verify(made.path, home).ok
    video = read_video(made.path)
    assert video.frames.shape == (64, 128, 224, 3)
    assert video.audio is None
    catalog = Catalog(home.catalog_url)
    (row,) = catalog.deliverables(CAMPAIGN)
    catalog.close()
    assert (row.sha256, row.prompt) == (made.sha256, "a red ball / a blue car")


def test_a_stream_of_bytes_can_be_watched_before_it_has_ended(studio, tmp_path):
    sink, seen = io.BytesIO(), []

    def tell(chunk):
        seen.append(sink.getvalue().count(b"moof"))
        return chunk.number < 3

    assert studio.stream(Prompt("a red ball"), sink, seed=3, aspect="1:1", told=tell) is None
    assert seen[-1] >= 2
    path = tmp_path / "bytes.mp4"
    path.write_bytes(sink.getvalue())
    assert len(read_video(path).frames) == 32 + 3 * 24


def test_a_stream_that_fails_leaves_no_file(studio, graphs, tmp_path):
    graphs["autoencoder_decode"] = lambda latent: 1 / 0
    with pytest.raises(ZeroDivisionError):
        studio.stream(Prompt("a ball"), tmp_path / "live.mp4", seed=0, aspect="1:1", told=lambda chunk: True)
    assert not list(tmp_path.glob("**/*.mp4"))
