"""The training assets on small latents: every stage really trains, on two ranks, in one Dagster run."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from safetensors import safe_open

from assets.artifact import SCRATCH, Artifact, Built
from assets.store import Store
from assets.training import learned, report
from assets.training_recipes import NoLatents, editing_recipe, high_resolution, low_resolution, mix
from models.averaging_recipe import AveragingRecipe
from models.recipes import FINETUNES, BackboneConfig, TrainingRecipe, smoke
from models.training.batches import Batches
from tests.models.training.conftest import write_index

LOSSES = ("loss_initial", "loss_final", "validation_initial", "validation_final", "validation_control")
RESULT = dict.fromkeys(LOSSES, 1.0) | {"skipped": 1, "rollbacks": 0, "spikes": 1, "seconds": 3.0}


def profile():
    tiny = smoke()
    return replace(
        tiny,
        backbone=BackboneConfig(layers=1, width=32, ffn=64, heads=2, positions=(1, 1, 1)),
        size_low=(32, 32),
        sizes_high=((48, 32), (32, 48)),
        frames_low=8,
        frames_high=16,
        averaging=AveragingRecipe(),
    )


def write_latents(folder: Path) -> None:
    groups = []
    for group, size in (
        ("image-low", (1, 4, 4)),
        ("video-low", (1, 4, 4)),
        ("video-high", (2, 6, 4)),
        ("video-high", (2, 4, 6)),
        ("personalization", (2, 4, 4)),
        ("editing", (2, 4, 4)),
        ("audio", (10,)),
    ):
        groups += [(group, "train", size, 8), (group, "validation", size, 4)]
    write_index(folder, groups)


def test_position_tables_cover_every_size_and_never_shrink():
    assert low_resolution(profile()).positions == (1, 2, 2)
    assert high_resolution(profile()).positions == (2, 3, 3)
    wide = replace(profile(), backbone=BackboneConfig(positions=(9, 1, 1)))
    assert high_resolution(wide).positions == (9, 3, 3)


def test_footage_may_be_missing_from_the_mix_but_nothing_else(tmp_path: Path):
    write_latents(tmp_path)
    assert [part.group for part in mix(tmp_path, {"video-high": 1.0, "video-footage": 0.5})] == ["video-high"]
    with pytest.raises(NoLatents, match="video-huge"):
        mix(tmp_path, {"video-huge": 1.0})


def test_editing_also_learns_what_there_is_without_a_source(tmp_path: Path):
    write_latents(tmp_path)
    recipe = editing_recipe(profile(), tmp_path, tmp_path)
    assert recipe.model.source
    assert [part.group for part in recipe.validation] == ["editing"]
    batches = Batches(recipe.data, 4, 0)
    sourced = ["source" in batches.batch(step, 0, 1) for step in range(600)]
    assert sum(sourced) / len(sourced) == pytest.approx(5 / 6, abs=0.05)


@pytest.mark.parametrize(
    ("steps", "before", "after", "passed"),
    [
        (100, 1.0, 0.9, True),
        (100, 1.0, 1.01, False),
        (100, 1.0, float("nan"), False),
        (2, 1.0, 1.01, True),
        (2, 1.0, 1.1, False),
    ],
)
def test_a_training_must_end_below_its_start(tmp_path: Path, steps, before, after, passed):
    meta = {"steps": steps, "validation_initial": before, "validation_final": after, "validation_control": 1.0}
    artifact = Artifact(tmp_path, "digest", meta | {"loss_final": 1.0})
    assert learned(artifact).passed is passed


@pytest.mark.parametrize(("after", "passed"), [(0.9, True), (1.01, True), (1.03, False), (float("nan"), False)])
def test_a_training_that_began_with_trained_weights_may_leave_the_loss_where_it_was(tmp_path: Path, after, passed):
    meta = {"steps": 100, "validation_initial": 1.0, "validation_final": after, "validation_control": 1.0}
    artifact = Artifact(tmp_path, "digest", meta | {"loss_final": 1.0})
    assert learned(artifact, warm=True).passed is passed


def test_what_went_wrong_in_a_training_is_reported_with_its_curves(tmp_path: Path):
    lines = ['{"step": 1, "loss": 2.0}', '{"step": 2, "skipped": 1}', '{"step": 3, "loss": 9.0, "loss_spike": 12.0}']
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    recipe = TrainingRecipe("t", "video", BackboneConfig(), (), ())
    built = report(tmp_path, recipe, RESULT)
    wanted = {"skipped_steps": 1, "rollbacks": 0, "loss_spikes": 1}
    assert wanted.items() <= built.meta.items()
    assert wanted.items() <= built.metrics.items()
    assert built.history == tmp_path / "metrics.jsonl"


def test_samples_that_a_killed_training_half_drew_are_not_shown(tmp_path: Path):
    drawn = tmp_path / SCRATCH / "samples"
    drawn.mkdir(parents=True)
    for name in (".step-000002.0123abcd.tmp.png", "step-000002.png"):
        (drawn / name).write_text("a picture")
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n')
    recipe = TrainingRecipe("t", "video", BackboneConfig(), (), ())
    built = report(tmp_path, recipe, RESULT)
    assert [path.name for path in built.pictures] == ["curve.png", "step-000002.png"]


class Tracker:
    def __init__(self):
        self.names = []

    def record(self, name, *, params, built, inputs, tags):
        self.names.append(name)
        return f"run-{len(self.names)}"

    def run_url(self, run_id):
        return f"http://127.0.0.1/{run_id}"


@pytest.mark.slow
def test_one_run_trains_finetunes_averages_and_post_trains(tmp_path: Path):
    from assets.averaging import average_is_no_worse, averaged_model
    from assets.finetuning import finetunes
    from assets.post_training import audio_model, editing_model, image_to_video_model, personalized_model
    from assets.pretraining import image_low, joint_high, joint_low, joint_low_learned
    from orchestration.io_manager import ArtifactIOManager
    from orchestration.launchers import Launcher
    from serving.home import Home

    @dg.asset(code_version="1")
    def latents(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> dg.MaterializeResult[Artifact]:
        def build(folder: Path) -> Built:
            write_latents(folder)
            return Built()

        return store.produce(context, build=build)

    @dg.asset(code_version="1")
    def autoencoder(
        context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
    ) -> dg.MaterializeResult[Artifact]:
        return store.produce(context, build=lambda _: Built())

    @dg.asset(code_version="1")
    def warm_start(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> dg.MaterializeResult[Artifact]:
        return store.produce(context, build=lambda _: Built())

    home = Home(tmp_path)
    tracker = Tracker()
    launcher = Launcher(home)
    resources = {
        "store": Store(home.store, tracker),
        "launcher": launcher,
        "settings": SimpleNamespace(profile=profile(), footage=()),
        "io_manager": ArtifactIOManager(home.store),
    }
    trained = [image_low, joint_low, joint_high, finetunes, averaged_model]
    trained += [personalized_model, editing_model, image_to_video_model, audio_model]
    every = {
        "dagster/asset_partition_range_start": FINETUNES[0],
        "dagster/asset_partition_range_end": FINETUNES[-1],
    }

    def run() -> dg.ExecuteInProcessResult:
        with dg.DagsterInstance.ephemeral() as instance:
            return dg.materialize(
                [latents, autoencoder, warm_start, *trained, joint_low_learned, average_is_no_worse],
                resources=resources,
                tags=every,
                instance=instance,
            )

    result = run()
    assert result.success
    assert len(result.get_asset_check_evaluations()) == 2
    finetuned = {f"finetunes-{name}" for name in FINETUNES}
    assert len(tracker.names) == 11
    assert set(tracker.names) == {asset.key.to_user_string() for asset in trained} - {"finetunes"} | finetuned
    io_manager = resources["io_manager"]
    for name, method in (("personalized_model", "reference_encoder"), ("editing_model", "embed")):
        folder = io_manager.current(name).folder
        with safe_open(folder / "model.safetensors", "np") as stored:
            assert any(key.startswith(method) for key in stored.keys())  # noqa: SIM118
        assert not (folder / "work").exists()
        assert (folder / "curve.png").exists()
    assert io_manager.current("averaged_model").meta["method"] in {"uniform", "greedy"}

    before = list(tracker.names)
    assert run().success
    assert tracker.names == before
    launcher.backend.close()
