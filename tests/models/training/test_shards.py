from pathlib import Path

import pytest
import torch

from models.training.errors import DataMissing, ShardDamaged
from models.training.shards import open_shards
from tests.models.training.conftest import write_index


def test_a_bucket_decodes_its_samples_in_the_order_asked_for(index: Path):
    bucket = open_shards(index).group("image-low", "train")[0]
    batch = bucket.gather([3, 0])
    assert batch["latent"].dtype == torch.float32
    assert batch["text_characters_mask"].dtype == torch.bool
    torch.testing.assert_close(batch["latent"][1], bucket.gather([0])["latent"][0])


def test_several_shards_of_one_size_are_one_bucket(tmp_path: Path):
    path = write_index(tmp_path, [("a", "train", (1, 4, 4), 3), ("a", "train", (1, 4, 4), 2)])
    (bucket,) = open_shards(path).group("a", "train")
    assert len(bucket) == 5
    torch.testing.assert_close(bucket.gather([4])["latent"][0], bucket.parts[1]["latent"][1].float())


def test_reference_pixels_span_minus_one_to_one(tmp_path: Path):
    path = write_index(tmp_path, [("personalization", "train", (1, 4, 4), 2)])
    reference = open_shards(path).group("personalization", "train")[0].gather([0, 1])["reference"]
    assert reference.min() == -1
    assert reference.max() == 1


def test_a_changed_byte_in_a_shard_is_refused(index: Path):
    shard = index.parent / "shard-0.safetensors"
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    with pytest.raises(ShardDamaged, match="shard-0"):
        open_shards(index)


def test_a_missing_shard_is_named(index: Path):
    (index.parent / "shard-1.safetensors").unlink()
    with pytest.raises(ShardDamaged, match="shard-1"):
        open_shards(index)


def test_a_group_without_samples_is_named_beside_those_there_are(index: Path):
    with pytest.raises(DataMissing, match=r"video-high.*image-low"):
        open_shards(index).group("video-high", "train")
