import os
from pathlib import Path

import pytest

from models.files import sha256_file
from models.training import verified
from models.training.errors import ShardDamaged
from models.training.shards import open_shards
from models.training.verified import Verified


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """Names of the files that are read from here on."""
    seen: list[str] = []

    def noted(path: Path) -> str:
        seen.append(path.name)
        return sha256_file(path)

    monkeypatch.setattr(verified, "sha256_file", noted)
    return seen


def test_a_restart_reads_only_what_was_written_since(index: Path, tmp_path: Path, read: list[str]):
    record = tmp_path / "work" / "shards.json"
    open_shards(index, record)
    assert len(read) == 5
    open_shards.cache_clear()
    open_shards(index, record)
    assert len(read) == 5
    shard = index.parent / "shard-2.safetensors"
    shard.write_bytes(shard.read_bytes())
    open_shards.cache_clear()
    open_shards(index, record)
    assert read[5:] == ["shard-2.safetensors"]


def test_a_change_that_keeps_size_and_time_is_found_by_a_restart(index: Path, tmp_path: Path):
    record = tmp_path / "shards.json"
    open_shards(index, record)
    open_shards.cache_clear()
    shard = index.parent / "shard-0.safetensors"
    before, content = shard.stat(), bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    os.utime(shard, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ShardDamaged, match="shard-0"):
        open_shards(index, record)


def test_another_checksum_is_another_question(tmp_path: Path):
    file, record = tmp_path / "file", tmp_path / "record.json"
    file.write_bytes(b"content")
    first = Verified(record)
    assert first.holds(file, sha256_file(file))
    first.save()
    assert not Verified(record).holds(file, "0" * 64)
