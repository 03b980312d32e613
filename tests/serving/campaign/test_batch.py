import hashlib
import json
from dataclasses import replace
from functools import partialmethod

import pytest

from models.files import sha256_file
from serving import memory
from serving.campaign import batch
from serving.campaign.batch import SHEET, CampaignIncomplete, Origin, run_campaign
from serving.campaign.brief import Brief
from serving.campaign.record import CampaignRecord, ModelVersion
from serving.decoding.tiles import Tiles
from serving.errors import MediaError, RequestRefused
from serving.media import reading
from serving.media.reading import read_video
from serving.memory import Fitting
from serving.openai_endpoint import ChatClient, Endpoint
from serving.rewriting import EndpointRewriter, Rewrite
from tests.chat_server import says


@pytest.fixture
def run(tmp_path, pipeline, origin, sign, marker):
    def run(brief, **changes):
        arguments = {"folder": tmp_path / "out", "sign": sign, "marker": marker, **changes}
        return run_campaign(brief, pipeline, arguments.pop("origin", origin), **arguments)

    return run


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_every_film_is_delivered_as_the_record_says(run, brief, out, sign, marker, graphs):
    seen = []
    record = run(brief, on_delivered=seen.append)
    assert json.loads((out / "campaign.json").read_text()) == record.model_dump(mode="json")
    assert [file.path for file in record.files] == ["kids_en_1x1.mp4", "kids_de-at_1x1.mp4"]
    assert seen == record.files
    payloads = list(dict.fromkeys(marker.payloads))
    for file, facts, payload in zip(record.files, sign.facts, payloads, strict=True):
        video = read_video(out / file.path)
        assert video.frames.shape == (24, file.height, file.width, 3) == (24, 480, 480, 3)
        assert video.fps == file.fps == 4
        assert (file.seconds, file.generated_seconds) == (6, 4)
        assert file.sha256 == sha256_file(out / file.path)
        assert file.upsampling == "plain_resize: lanczos"
        assert (file.model.version, file.dataset_digest, file.run_id) == ("3", "d1a2", "run-1")
        assert file.attributions == facts.attribution == ("Big Buck Bunny, CC BY 3.0",)
        assert facts.record_id == file.record_id
        assert f"{payload:016x}" == file.watermark_payload == file.record_id[:16]
    assert len({file.record_id for file in record.files}) == 2
    assert (out / SHEET).is_file()
    assert len(graphs["backbone"].batches) == 4, "locales share one generation"
    assert {path.name for path in out.iterdir()} == {
        "campaign.json",
        SHEET,
        "kids_en_1x1.mp4",
        "kids_de-at_1x1.mp4",
    }


def test_films_have_the_resolution_that_the_brief_asks_for(run, brief, out):
    usual = run(brief)
    record = run(brief.model_copy(update={"resolution": "720p"}))
    assert [(file.height, file.width) for file in record.files] == [(720, 720)] * 2
    assert read_video(out / record.files[0].path).frames.shape[1:3] == (720, 720)
    assert {file.record_id for file in record.files}.isdisjoint(file.record_id for file in usual.files)


def test_a_film_of_more_pixels_than_a_stranger_s_file_may_have_is_delivered(run, brief, out, monkeypatch):
    monkeypatch.setattr(reading.Limits, "__init__", partialmethod(reading.Limits.__init__, pixels=1))
    with pytest.raises(MediaError, match="more than 0 frames"):
        read_video(out / run(brief).files[0].path)
    assert (out / SHEET).is_file()


def test_a_memory_budget_cuts_every_ratio_before_anything_is_made(run, fields, out, pipeline, monkeypatch):
    asked = []

    def cut(pipeline, latent, size, budget):
        asked.append((latent, size, budget))
        if size == (480, 854):
            raise RequestRefused("give 140 MiB or more")
        return Fitting(Tiles(8, 0, 32, 8), pipeline.enlarger, 0)

    decode = pipeline.graphs["autoencoder_decode"]
    decoded = []
    monkeypatch.setitem(
        pipeline.graphs,
        "autoencoder_decode",
        lambda *, latent: (decoded.append(latent.shape[2:]), decode(latent=latent))[1],
    )
    monkeypatch.setattr(memory, "cut_within", cut)
    with pytest.raises(RequestRefused, match="give 140 MiB"):
        run(Brief(**{**fields, "memory": 100, "aspect_ratios": ["1:1", "16:9"]}))
    assert not out.exists()
    assert len(run(Brief(**{**fields, "memory": 100})).files) == 2
    assert asked[-1] == ((16, 2, 12, 12), (480, 480), 100 << 20)
    assert set(decoded) == {(1, 4, 4)}


def test_a_text_too_long_for_one_card_is_told_before_any_film_is_made(run, fields, out):
    with pytest.raises(RequestRefused, match=r"^de-AT, 1:1: the text 'www.* is too long for an end card of 480x480"):
        run(Brief(**{**fields, "message": {"en": "short", "de": "w" * 290}}))
    assert not out.exists()


def test_what_was_generated_goes_once_its_last_film_is_there(run, fields, out, sign):
    fields["audiences"].append({"name": "adults", "prompt": "a blue cube spins"})
    takes = []
    run(Brief(**fields), on_delivered=lambda file: takes.append(sorted(p.name[:4] for p in out.glob("work/*.mkv"))))
    assert takes == [["kids"], ["kids"], ["adul"], ["adul"]]
    for film in out.glob("*.mp4"):
        film.unlink()
    sign.failing = {"kids_en_1x1.mp4"}
    with pytest.raises(CampaignIncomplete):
        run(Brief(**fields))
    assert [path.name[:4] for path in out.glob("work/*.mkv")] == ["kids"]


def test_what_killed_runs_were_writing_is_removed(run, brief, out):
    (out / "work").mkdir(parents=True)
    for left in (out / ".kids.12345678.tmp.mp4", out / "work" / ".kids.12345678.tmp.mkv"):
        left.write_bytes(b"half")
    run(brief)
    assert not list(out.rglob("*.tmp.*"))


def test_a_kill_while_the_sheet_is_drawn_leaves_no_old_one(run, fields, out, monkeypatch):
    run(Brief(**fields))
    before = (out / SHEET).read_bytes()
    changed = Brief(**{**fields, "locales": ["de", "en"], "message": {"en": "Other words", "de": "Andere"}})

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(batch, "contact_sheet", die)
        with pytest.raises(KeyboardInterrupt):
            run(changed)
    assert (out / SHEET).read_bytes() == before
    run(changed)
    assert (out / SHEET).read_bytes() != before


def test_a_kill_after_a_changed_brief_leaves_no_film_of_the_old_one(run, fields, out):
    run(Brief(**fields))

    def die(file):
        raise KeyboardInterrupt

    fields["audiences"] = [{"name": "adults", "prompt": "a blue cube spins"}]
    with pytest.raises(KeyboardInterrupt):
        run(Brief(**fields), on_delivered=die)
    run(Brief(**fields))
    assert sorted(path.name for path in out.glob("*.mp4")) == ["adults_de-at_1x1.mp4", "adults_en_1x1.mp4"]


def test_finished_films_are_not_made_again(run, brief, sign):
    first = run(brief)
    made = len(sign.facts)
    assert run(brief) == first
    assert len(sign.facts) == made


@pytest.mark.parametrize("damage", ["delete", "alter"])
def test_a_lost_or_altered_film_is_made_again_alone(run, brief, out, sign, damage):
    first = run(brief)
    path = out / "kids_de-at_1x1.mp4"
    path.unlink() if damage == "delete" else path.write_bytes(b"x")
    again = run(brief)
    assert [facts.title for facts in sign.facts[2:]] == ["kids_de-at_1x1.mp4"]
    assert again.files[0] == first.files[0]
    assert again.files[1].record_id == first.files[1].record_id


def test_a_killed_campaign_goes_on_where_it_was(run, brief, out, sign):
    def die(file):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(brief, on_delivered=die)
    assert [file.variant for file in CampaignRecord.read(out).files] == ["kids_en_1x1"]
    assert len(run(brief).files) == 2
    assert [facts.title for facts in sign.facts] == ["kids_en_1x1.mp4", "kids_de-at_1x1.mp4"]


def test_a_kill_while_one_film_is_made_again_forgets_none_of_the_others(run, brief, out, sign):
    run(brief)
    (out / "kids_en_1x1.mp4").unlink()

    def die(file):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(brief, on_delivered=die)
    assert len(CampaignRecord.read(out).files) == 2


def test_one_films_failure_does_not_stop_the_others(run, brief, out, sign):
    sign.failing = {"kids_en_1x1.mp4"}
    with pytest.raises(CampaignIncomplete, match="kids_en_1x1: OSError: the pen is dry") as incomplete:
        run(brief)
    record = CampaignRecord.read(out)
    assert incomplete.value.record == record
    assert [file.variant for file in record.files] == ["kids_de-at_1x1"]
    assert record.failed[0].variant == "kids_en_1x1"
    sign.failing = set()
    assert len(run(brief).files) == 2
    assert CampaignRecord.read(out).failed == []


def test_what_was_delivered_stays_until_its_successor_is_made(run, fields, out, sign):
    run(Brief(**fields))
    before = {path.name: path.read_bytes() for path in out.glob("*.mp4")}
    changed = {**fields, "product": "Another"}
    sign.failing = {"kids_en_1x1.mp4"}
    for _ in range(2):
        with pytest.raises(CampaignIncomplete):
            run(Brief(**changed))
        assert CampaignRecord.read(out).failed[0].earlier == "kids_en_1x1.mp4"
        after = {path.name: path.read_bytes() for path in out.glob("*.mp4")}
        assert after["kids_en_1x1.mp4"] == before["kids_en_1x1.mp4"]
        assert after["kids_de-at_1x1.mp4"] != before["kids_de-at_1x1.mp4"]
    run(Brief(**{**changed, "locales": ["de-at"]}))
    assert [path.name for path in out.glob("*.mp4")] == ["kids_de-at_1x1.mp4"]


def test_a_killed_run_forgets_no_film_of_before(run, fields, out, pipeline, monkeypatch):
    def die(*_, **__):
        raise KeyboardInterrupt

    run(Brief(**fields))
    with monkeypatch.context() as context:
        context.setattr("serving.campaign.batch._Maker.make", die)
        with pytest.raises(KeyboardInterrupt):
            run(Brief(**{**fields, "product": "Another"}))
    assert len(list(out.glob("*.mp4"))) == 2
    run(Brief(**{**fields, "product": "Another", "locales": ["en"]}))
    assert [path.name for path in out.glob("*.mp4")] == ["kids_en_1x1.mp4"]


def test_another_model_makes_all_films_again(run, brief, origin, sign):
    run(brief)
    run(brief, origin=replace(origin, model=ModelVersion(name="cinemill", version="4")))
    assert len(sign.facts) == 4


def test_a_changed_message_changes_the_films_of_its_locale_alone(run, fields, sign):
    run(Brief(**fields))
    fields["message"] = {**fields["message"], "de": "Noch mehr Sprungkraft"}
    run(Brief(**fields))
    assert [facts.title for facts in sign.facts[2:]] == ["kids_de-at_1x1.mp4"]


def test_films_that_a_changed_brief_no_longer_asks_for_are_removed(run, fields, out):
    run(Brief(**fields))
    record = run(Brief(**{**fields, "locales": ["de"]}))
    assert [path.name for path in out.glob("*.mp4")] == [file.path for file in record.files] == ["kids_de_1x1.mp4"]


@pytest.mark.parametrize(
    ("change", "message"), [({"fps": 24}, "24 frames a second"), ({"aspect_ratios": ["1:1", "4:3"]}, "4:3")]
)
def test_what_the_model_does_not_cover_is_refused_before_anything_is_made(run, fields, out, change, message):
    with pytest.raises(RequestRefused, match=message):
        run(Brief(**{**fields, **change}))
    assert not out.exists()


def test_a_brief_that_asks_for_it_has_its_prompts_rewritten(run, fields, sign, graphs, pipeline):
    heard = []
    latents = pipeline.latents
    pipeline.latents = lambda prompts, *rest, **options: (heard.extend(prompts), latents(prompts, *rest, **options))[1]
    fields["audiences"] = [{"name": "kids", "prompt": "A red  ball rolls right."}]
    plain = run(Brief(**fields))
    record = run(Brief(**fields, rewrite=True))
    assert heard == ["A red  ball rolls right.", "a red ball rolls right"]
    assert record.rewrites == [Rewrite("A red  ball rolls right.", "a red ball rolls right", "rules-1")]
    for file, facts, before in zip(record.files, sign.facts[2:], plain.files, strict=True):
        assert (file.prompt, file.rewrite, file.seed) == (before.prompt, record.rewrites[0], before.seed)
        assert before.rewrite is None
        assert facts.prompt_sha256 == hashlib.sha256(file.prompt.encode()).hexdigest()
        assert facts.rewritten_prompt_sha256 == hashlib.sha256(b"a red ball rolls right").hexdigest()
        assert file.record_id != before.record_id


def test_a_prompt_that_cannot_be_rewritten_fails_its_films_and_the_next_run_asks_again(run, fields, out, serve, sign):
    fields["audiences"] = [{"name": "kids", "prompt": "A red ball."}, {"name": "cats", "prompt": "A blue fish."}]
    brief = Brief(**{**fields, "locales": ["en"]}, rewrite=True)
    server = serve((400, {}, b"busy"), says("a blue fish glides"), says("a red ball rolls"), says("anything else"))
    rewriter = EndpointRewriter(ChatClient(Endpoint(server.url, "m", "CINEMILL_REWRITER")))
    with pytest.raises(CampaignIncomplete, match=r"kids_en_1x1: RewritingFailed: the prompt 'A red ball\.'.*busy"):
        run(brief, rewriter=rewriter)
    assert [file.variant for file in CampaignRecord.read(out).files] == ["cats_en_1x1"]
    again = run(brief, rewriter=rewriter)
    assert [file.rewrite.text for file in again.files] == ["a red ball rolls", "a blue fish glides"]
    assert again.failed == []
    assert run(brief, rewriter=rewriter) == again
    assert len(server.asked) == 3
    assert [facts.title for facts in sign.facts] == ["cats_en_1x1.mp4", "kids_en_1x1.mp4"], "no film is made twice"


def test_a_kill_in_the_first_film_forgets_no_rewrite(run, brief, out, serve, pipeline, monkeypatch):
    server = serve(says("a red ball rolls"), says("anything else"))
    rewriter = EndpointRewriter(ChatClient(Endpoint(server.url, "m", "CINEMILL_REWRITER")))
    asking = brief.model_copy(update={"rewrite": True})

    def die(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "latents", die)
    with pytest.raises(KeyboardInterrupt):
        run(asking, rewriter=rewriter)
    monkeypatch.undo()
    assert CampaignRecord.read(out).rewrites[0].text == "a red ball rolls"
    assert {file.rewrite.text for file in run(asking, rewriter=rewriter).files} == {"a red ball rolls"}


def test_a_brief_that_does_not_ask_leaves_the_rewriter_alone(run, brief, serve):
    server = serve(says("a red ball rolls"))
    record = run(brief, rewriter=EndpointRewriter(ChatClient(Endpoint(server.url, "m", "CINEMILL_REWRITER"))))
    assert (server.asked, record.rewrites) == ([], [])


def test_the_origin_is_read_from_a_bundles_lineage():
    lineage = {"model_version": 7, "dataset_digest": "abc", "mlflow_run": "r", "attributions": ["x"], "git": "1"}
    found = Origin.of("cinemill", lineage, "run-9")
    assert found == Origin(ModelVersion(name="cinemill", version="7", mlflow_run="r"), "abc", ("x",), "run-9")


def test_what_is_delivered_carries_a_trusted_signature_and_the_mark_of_its_record(run, fields, out, tmp_path):
    from serving.home import Home
    from serving.provenance.keys import Keys
    from serving.provenance.signing import sign
    from serving.provenance.verification import verify
    from serving.watermark import Watermarker

    home = Home(tmp_path / "home")
    record = run(
        Brief(**{**fields, "locales": ["en"]}),
        sign=lambda source, destination, facts: sign(source, destination, facts, home),
        marker=Watermarker(Keys.open(home).watermark_key),
    )
    verdict = verify(out / record.files[0].path, home)
    assert verdict.ok, verdict
    assert verdict.watermark.payload == record.files[0].watermark_payload
