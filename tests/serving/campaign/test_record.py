import pytest

from models.files import sha256_file
from serving.campaign.record import CampaignRecord, Delivered, ModelVersion


@pytest.fixture
def record(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"film")
    file = Delivered(
        path="a.mp4",
        sha256=sha256_file(tmp_path / "a.mp4"),
        variant="a",
        audience="kids",
        locale="en",
        ratio="1:1",
        prompt="a ball",
        seed=1,
        seconds=6,
        generated_seconds=4,
        width=480,
        height=480,
        fps=16,
        lufs=None,
        upsampling="plain_resize: lanczos",
        model=ModelVersion(name="cinemill", version="1"),
        dataset_digest="d",
        run_id="r",
        attributions=(),
        record_id="id",
        watermark_payload="id",
    )
    return CampaignRecord(campaign="spring", brief={}, files=[file])


def test_what_is_written_is_read_back(record, tmp_path):
    record.write(tmp_path)
    assert CampaignRecord.read(tmp_path) == record


@pytest.mark.parametrize("content", [None, "{", '{"format": 99}'])
def test_no_record_or_another_formats_is_none(tmp_path, content):
    if content:
        (tmp_path / "campaign.json").write_text(content)
    assert CampaignRecord.read(tmp_path) is None


def test_a_film_is_finished_while_its_file_is_what_was_delivered(record, tmp_path):
    assert record.finished(tmp_path, "id") == record.files[0]
    assert record.finished(tmp_path, "other") is None
    (tmp_path / "a.mp4").write_bytes(b"flim")
    assert record.finished(tmp_path, "id") is None
    (tmp_path / "a.mp4").unlink()
    assert record.finished(tmp_path, "id") is None
