from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from assets.artifact import DONE, Artifact
from assets.store import Store
from assets.training_recipes import high_resolution, holding, low_resolution
from assets.warm_start import LEARNT, TAGS, OriginMissing, backbone_of, begun, continued, warm_start
from models.files import sha256_file, write_json
from models.recipes import demo, smoke
from models.starter import AUTOENCODER, BACKBONE, WEIGHTS

SMALL = replace(demo(), backbone=replace(demo().backbone, positions=(8, 4, 4)))
"""A profile whose position tables begin smaller than the starter's."""


def stored_model(root: Path, name: str, change: float = 0.0, positions=None) -> Path:
    """A folder of the store with the starter backbone, its weights moved by ``change``."""
    import torch

    from models.backbone import load_backbone, save_backbone

    folder = root / name / "0123456789abcdef"
    folder.mkdir(parents=True)
    network = load_backbone(BACKBONE)
    if positions is not None:
        network.grow(positions)
    with torch.no_grad():
        network.embed.weight.add_(change)
    save_backbone(network, folder)
    write_json(folder / DONE, {})
    return folder


def stored_autoencoder(root: Path) -> Path:
    import shutil

    folder = root / "autoencoder" / "0123456789abcdef"
    shutil.copytree(AUTOENCODER, folder)
    write_json(folder / DONE, {})
    return folder


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def champion(root):
    """A version that was trained on the dataset ``old``, from a warm start of its own."""
    averaged = stored_model(root, "averaged_model", 0.01, high_resolution(demo()).positions)
    origin = root / "warm_start" / "0123456789abcdef"
    for part, source in (("backbone", BACKBONE), ("autoencoder", AUTOENCODER)):
        (origin / part).mkdir(parents=True)
        for name in (WEIGHTS, "config.json"):
            (origin / part / name).write_bytes((source / name).read_bytes())
    write_json(origin / DONE, {})
    folders = {"backbone": averaged, "autoencoder": stored_autoencoder(root), "origin": origin}
    tags = {TAGS[part]: str(folder.relative_to(root)) for part, folder in folders.items()}
    return SimpleNamespace(number=3, tags=tags | {"dataset_digest": "old", LEARNT: "older"}, folders=folders)


def begin(root: Path, champion, dataset_digest: str, profile=None) -> Artifact:
    """What the asset makes."""

    @dg.asset
    def dataset() -> Artifact:
        return Artifact(root, "digest", {"dvc_md5": dataset_digest})

    tracker = SimpleNamespace(record=lambda *a, **k: None)
    resources = {
        "store": Store(root, tracker),
        "settings": SimpleNamespace(profile=profile or demo(), footage=()),
        "registry": SimpleNamespace(aliased=lambda alias: champion if alias == "champion" else None),
        "io_manager": dg.mem_io_manager,
    }
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([dataset, warm_start], resources=resources, instance=instance).output_for_node(
            "warm_start"
        )


def digests(start: Artifact) -> list[str]:
    return [sha256_file(start.folder / part / WEIGHTS) for part in ("backbone", "autoencoder")]


PACKAGED = [sha256_file(folder / WEIGHTS) for folder in (BACKBONE, AUTOENCODER)]


def test_without_a_champion_a_run_begins_with_the_packaged_starter(root):
    start = begin(root, None, "new")
    assert digests(start) == PACKAGED
    assert start.meta["from"] == "the packaged starter"
    assert start.meta[LEARNT] == []
    assert begun(demo().autoencoder, start).init == str(start.folder / "autoencoder")


def test_new_data_are_learnt_by_the_champion(root, champion):
    start = begin(root, champion, "new")
    assert start.meta["from"] == "version 3"
    assert start.meta[LEARNT] == ["older", "old"]
    assert digests(start)[0] == sha256_file(champion.folders["backbone"] / WEIGHTS) != PACKAGED[0]
    # Its position tables have grown: so have those of the stage that begins with it.
    init = backbone_of(start, demo())
    assert low_resolution(SMALL).positions == (8, 4, 4)
    assert holding(low_resolution(SMALL), init).positions == high_resolution(demo()).positions == (8, 7, 7)


def test_the_champions_own_data_begin_where_it_began_so_that_nothing_is_trained_again(root, champion):
    start = begin(root, champion, "old")
    assert digests(start) == PACKAGED
    assert start.meta[LEARNT] == ["older"]
    assert start.digest == begin(root, None, "old").digest


@pytest.mark.parametrize("part", ["backbone", "autoencoder"])
def test_weights_that_are_gone_are_named_and_the_starter_takes_their_place(root, champion, part):
    (champion.folders[part] / WEIGHTS).unlink()
    with pytest.raises(OriginMissing, match=f"the {part} of version 3, is gone"):
        continued(3, champion.tags, root, "new", demo())
    assert digests(begin(root, champion, "new")) == PACKAGED


def test_weights_of_another_size_are_not_continued(root, champion):
    wider = replace(demo(), backbone=replace(demo().backbone, width=320))
    with pytest.raises(OriginMissing, match=r"the backbone of version 3 is .*width=256.* asks for .*width=320"):
        continued(3, champion.tags, root, "new", wider)
    smaller = replace(SMALL, sizes_high=((64, 64),))  # whose tables do not hold the champion's
    with pytest.raises(OriginMissing, match="asks for"):
        continued(3, champion.tags, root, "new", smaller)


def test_a_version_that_does_not_say_what_it_was_made_of_is_not_continued(root):
    with pytest.raises(OriginMissing, match="version 2 has no tags"):
        continued(2, {"dataset_digest": "old"}, root, "old", demo())


def test_a_profile_that_begins_at_random_has_nothing_to_begin_with(root, champion):
    start = begin(root, champion, "new", smoke())
    assert backbone_of(start, smoke()) is None
    assert begun(smoke().autoencoder, start).init is None
    assert not list(start.folder.glob("*/*"))
