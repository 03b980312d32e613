from dataclasses import dataclass, replace

import dagster as dg
import pytest

from assets.artifact import DONE, Artifact
from assets.latents import latents, shards_are_sound
from assets.manifest import write_manifest
from assets.sandbox_corpus.lots import records
from assets.store import Store
from models.recipes import AutoencoderConfig, CodecConfig, CorpusSize, Profile, smoke
from serving.home import Home


@dataclass
class _Settings:
    profile: Profile
    footage: tuple[str, ...] = ()


def _profile():
    size = CorpusSize(images=3, videos=3, videos_high=1, validation=2, pairs=2, pairs_high=1, sounds=2)
    return replace(smoke(), corpus=size, sizes_high=((32, 48),), size_low=(32, 32), frames_low=8, frames_high=16)


@pytest.fixture
def materialize(tmp_path):
    import torch

    from models.autoencoder.network import TemporalAutoencoder
    from models.codec.network import AudioCodec

    home, profile = Home(tmp_path), _profile()
    torch.manual_seed(0)
    autoencoder = TemporalAutoencoder(AutoencoderConfig(base_width=8))
    codec = AudioCodec(CodecConfig(width=32, blocks=1))
    for name, model in (("autoencoder", autoencoder), ("codec", codec)):
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
    (tmp_path / "data").mkdir()
    write_manifest(
        tmp_path / "data" / "dataset.jsonl", [record.row() for record in records(profile.corpus, profile.world)]
    )
    write_manifest(home.manifests / "footage.jsonl", [])
    folders = {"dataset": "data", "autoencoder": "autoencoder", "codec": "codec"}
    inputs = [_given(name, Artifact(tmp_path / folder, name, {"dvc_md5": name})) for name, folder in folders.items()]

    def run():
        resources = {
            "store": Store(home.store, None),
            "settings": _Settings(profile),
            "home": home,
            "launcher": _Launcher(),
            "io_manager": dg.InMemoryIOManager(),
        }
        result = dg.materialize([*inputs, latents, shards_are_sound], resources=resources, raise_on_error=False)
        return result, next((home.store / "latents").glob("*"))

    return run


class _Launcher:
    def warm(self):
        """Nothing is launched here."""


def _given(name, artifact):
    @dg.asset(name=name)
    def given():
        return artifact

    return given


def test_a_shard_that_is_there_is_not_made_again(materialize):
    _, folder = materialize()
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("shard-*")}
    digest = Artifact.open(folder).digest
    lost = min(before)
    (folder / lost).unlink()
    (folder / DONE).unlink()
    (folder / "index.json").unlink()
    materialize()
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("shard-*")}
    assert {name for name in before if before[name] != after[name]} == {lost}
    assert Artifact.open(folder).digest == digest


def test_other_text_encoders_make_other_latents(materialize, monkeypatch):
    _, first = materialize()
    materialize()
    assert list(first.parent.iterdir()) == [first]
    monkeypatch.setattr("assets.latents.digests", lambda _: {"long": "of other weights"})
    materialize()
    assert len(list(first.parent.iterdir())) == 2


def test_the_check_names_a_damaged_shard(materialize):
    _, folder = materialize()
    shard = next(folder.glob("shard-image-low-train*"))
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    result, _ = materialize()
    found = result.get_asset_check_evaluations()[0]
    assert not found.passed
    assert shard.name in found.metadata["wrong"].value
