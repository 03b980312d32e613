import os

import pytest

from serving.errors import MediaError
from serving.home import Home
from serving.provenance import Keys, sign, verify
from serving.provenance.verification import signature_state
from tests.serving.provenance.conftest import FACTS, manifest


def boxes(content):
    """Kind and range of every top-level box of an mp4."""
    place = 0
    while place < len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        yield content[place + 4 : place + 8].decode(), place, place + size
        place += size


def test_a_marked_and_signed_clip_is_ok(delivered, home):
    verdict = verify(delivered, home)
    assert verdict.c2pa == "Trusted"
    assert verdict.watermark.payload == FACTS.record_id[:16]
    assert verdict.watermark.p_value < 1e-9
    assert verdict.ok is True


def test_a_signed_clip_without_a_mark_is_not_ok(plain, home, tmp_path):
    sign(plain, tmp_path / "signed.mp4", FACTS, home)
    verdict = verify(tmp_path / "signed.mp4", home)
    assert verdict.c2pa == "Trusted"
    assert verdict.watermark.payload is None
    assert verdict.ok is False


def test_an_unsigned_clip_has_no_manifest(plain, home):
    assert verify(plain, home).c2pa == "None"


def test_a_flipped_byte_anywhere_in_media_or_index_is_invalid(delivered, home, tmp_path):
    content = delivered.read_bytes()
    root = Keys.open(home).root
    ranges = {kind: (start, end) for kind, start, end in boxes(content)}
    for kind in ("moov", "mdat"):
        start, end = ranges[kind]
        for place in range(start + 8, end, max(1, (end - start) // 15)):
            damaged = bytearray(content)
            damaged[place] ^= 1
            (tmp_path / "t.mp4").write_bytes(damaged)
            assert signature_state(tmp_path / "t.mp4", root) == "Invalid", (kind, place)


def test_a_flipped_byte_of_the_manifest_is_not_trusted_or_changes_nothing_that_it_states(delivered, home, tmp_path):
    content = delivered.read_bytes()
    root = Keys.open(home).root
    stated = manifest(delivered)
    _, start, end = next(box for box in boxes(content) if box[0] == "uuid")
    trusted = 0
    for place in range(start + 24, end, max(1, (end - start) // 60)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        (tmp_path / "t.mp4").write_bytes(damaged)
        if signature_state(tmp_path / "t.mp4", root) == "Trusted":
            trusted += 1
            assert manifest(tmp_path / "t.mp4") == stated
    assert trusted < 20  # padding that reserves room for the signature


@pytest.mark.parametrize("kind", [b"free", b"skip"])
def test_an_appended_box_is_not_trusted(delivered, home, tmp_path, kind):
    (tmp_path / "t.mp4").write_bytes(delivered.read_bytes() + (24).to_bytes(4, "big") + kind + os.urandom(16))
    assert verify(tmp_path / "t.mp4", home).c2pa != "Trusted"


def test_another_installations_file_is_valid_but_not_trusted(delivered, tmp_path):
    verdict = verify(delivered, Home(tmp_path / "other"))
    assert verdict.c2pa == "Valid"
    assert verdict.watermark.payload is None
    assert verdict.ok is False


@pytest.mark.parametrize("content", [b"", b"hello", b"\0\0\0\x18ftypmp42" + b"\0" * 12, bytes(range(256)) * 40])
def test_files_that_are_no_video_get_a_verdict(home, tmp_path, content):
    (tmp_path / "t.mp4").write_bytes(content)
    assert verify(tmp_path / "t.mp4", home).as_json() == {
        "c2pa": "None",
        "watermark": {"payload": None, "p_value": 1.0},
        "ok": False,
    }


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_not_trusted(delivered, home, tmp_path, share):
    content = delivered.read_bytes()
    (tmp_path / "t.mp4").write_bytes(content[: int(len(content) * share)])
    assert verify(tmp_path / "t.mp4", home).c2pa != "Trusted"


def test_a_missing_file_is_named(home, tmp_path):
    with pytest.raises(MediaError, match=r"absent\.mp4"):
        verify(tmp_path / "absent.mp4", home)
