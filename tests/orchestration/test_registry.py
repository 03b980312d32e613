"""The registry on a real MLflow database, with bundles whose graphs are never run."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assets.artifact import folder_digest
from assets.evaluation import review as reviewing
from assets.evaluation.evidence import EVIDENCE, Evidence, read_metrics
from assets.evaluation.policy import REQUIRED_GATES
from assets.evaluation.promotion import NothingToPromote, promote_challenger
from assets.evaluation.prompts import EVALUATION_PROMPTS
from assets.evaluation.review import EvidenceTampered
from assets.evaluation.samples import Protocol
from assets.evaluation.serving_config import serving_config
from models.files import write_bytes, write_json
from models.recipes import smoke
from models.text.wheel import minilm_folder
from orchestration import registry as registering
from orchestration.champion import exported_version
from orchestration.registry import ROLLED_BACK, MlflowRegistry, NothingToRollBack
from orchestration.tracking import MlflowTracker
from serving.bundle import write_bundle
from serving.home import Home

PROTOCOL = Protocol(EVALUATION_PROMPTS[:4], (0,), 2.0, "1:1", 2, 3.0)


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the code under test may catch it."""


@pytest.fixture
def registry(tracker):
    return MlflowRegistry(tracker)


@pytest.fixture
def bundle(tmp_path):
    def make(content: bytes) -> Path:
        folder = tmp_path / content.decode() / "bundle"
        graph = tmp_path / "graphs" / f"{content.decode()}.onnx"
        write_bytes(graph, content)
        write_bundle(
            folder,
            name="cinemill",
            graphs=dict.fromkeys(("backbone", "text_minilm", "text_contrastive", "text_bytes"), graph),
            tokenizers=dict.fromkeys(("prompt", "long"), minilm_folder() / "tokenizer.json"),
            config=serving_config(smoke()),
            lineage={"dataset_digest": "d" * 32, "git": "abc", "model_version": None},
        )
        return folder

    return make


@pytest.fixture
def registered(registry, bundle, tmp_path):
    def register(content: bytes, score: float = 0.5, **changes):
        folder = bundle(content)
        evidence = Evidence(
            bundle_digest=folder_digest(folder),
            protocol=PROTOCOL.name,
            parity={"backbone": 1e-6},
            parity_tolerance=1e-3,
            safety=dict.fromkeys(REQUIRED_GATES, True),
            loss=0.9,
            loss_untrained=2.0,
            loss_shuffled=1.0,
            scores={prompt.text: score for prompt in PROTOCOL.prompts},
            metrics={"flow_loss": 0.9},
        )
        path = tmp_path / content.decode() / EVIDENCE
        write_json(path, replace(evidence, **changes).to_json())
        return registry.register(folder, path, tags={"git": "abc"}, metrics={"flow_loss": 0.9})

    return register


def test_nothing_is_promoted_from_an_empty_registry(registry):
    with pytest.raises(NothingToPromote, match="materialise model_version"):
        promote_challenger(registry, PROTOCOL)


def test_the_same_bundle_and_evidence_are_one_version_and_become_the_challenger(registry, registered):
    first = registered(b"one")
    again = registered(b"one")
    assert (first.number, again.number, registered(b"two").number) == (1, 1, 2)
    assert registry.aliased("challenger").number == 2
    assert first.tags["git"] == "abc"
    assert folder_digest(first.bundle) == first.tags["bundle_digest"]
    with pytest.raises(LookupError, match="no version 7"):
        registry.version(7)


def test_metrics_are_attached_to_the_model(registry, registered, tracker):
    version = registered(b"one")
    model = tracker.client.get_logged_model(version.model_id)
    assert {metric.key: metric.value for metric in model.metrics} == {"flow_loss": 0.9}


def test_a_registration_that_is_killed_leaves_no_version_and_is_repeated(registry, registered, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(MlflowRegistry, "_create", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            registered(b"one")
    assert registered(b"one").number == 1


def test_the_first_champion_is_promoted_exported_and_carries_its_evidence(registry, registered, home):
    registered(b"one")
    outcome = promote_challenger(registry, PROTOCOL)
    assert outcome.serving == 1
    assert exported_version(home) == 1
    assert read_metrics(home.champion) == {"flow_loss": 0.9}
    assert registry.aliased("challenger") is None
    assert registry.aliased("previous") is None
    assert registry.version(1).tags["decision"] == "promoted"


def test_a_damaged_bundle_is_refused(registry, registered, home):
    version = registered(b"one")
    (version.bundle / "backbone.onnx").write_bytes(b"another")
    outcome = promote_challenger(registry, PROTOCOL)
    assert outcome.serving is None
    assert any("damaged" in failure for failure in outcome.decision.failures)
    assert exported_version(home) is None


def test_weights_exchanged_together_with_their_manifest_are_refused(registry, registered, bundle, home):
    version = registered(b"one")
    other = bundle(b"two")
    for file in (*other.glob("*.onnx"), other / "manifest.json"):
        (version.bundle / file.name).write_bytes(file.read_bytes())
    outcome = promote_challenger(registry, PROTOCOL)
    assert any("evidence is of bundle" in failure for failure in outcome.decision.failures)
    assert exported_version(home) is None


def test_evidence_that_was_changed_after_registration_is_an_error(registry, registered):
    version = registered(b"one", loss=5.0)
    document = json.loads(version.evidence.read_text())
    write_json(version.evidence, {**document, "loss": 0.1})
    with pytest.raises(EvidenceTampered, match="version 1"):
        promote_challenger(registry, PROTOCOL)


def test_a_worse_challenger_leaves_the_champion_alone(registry, registered, home):
    registered(b"one", score=0.9)
    promote_challenger(registry, PROTOCOL)
    registered(b"two", score=0.2)
    outcome = promote_challenger(registry, PROTOCOL)
    assert (outcome.candidate, outcome.serving) == (2, 1)
    assert exported_version(home) == 1
    assert registry.version(2).tags["decision"].startswith("refused: champion")


def test_a_champion_judged_by_another_protocol_is_sampled_again(registry, registered, monkeypatch):
    registered(b"one", protocol="older", scores={"another prompt": 1.0})
    promote_challenger(registry, PROTOCOL)
    registered(b"two", score=0.5)
    sampled = []

    def scores_of(version, protocol):
        sampled.append((version.number, protocol.name))
        return {prompt.text: 0.5 for prompt in protocol.prompts}

    monkeypatch.setattr(reviewing, "scores_of", scores_of)
    assert promote_challenger(registry, PROTOCOL).serving == 2
    assert sampled == [(1, PROTOCOL.name)]


def test_rollback_exchanges_champion_and_previous(registry, registered, home):
    registered(b"one")
    promote_challenger(registry, PROTOCOL)
    with pytest.raises(NothingToRollBack):
        registry.rollback()
    registered(b"two")
    promote_challenger(registry, PROTOCOL)
    assert exported_version(home) == 2
    assert registry.rollback().number == 1
    assert exported_version(home) == 1
    assert (registry.aliased("champion").number, registry.aliased("previous").number) == (1, 2)


def test_what_was_rolled_back_comes_back_by_hand_alone(registry, registered, home):
    for content in (b"one", b"two"):
        registered(content)
        promote_challenger(registry, PROTOCOL)
    registry.rollback()
    assert registered(b"two").number == 2  # a retraining that comes to the same model
    assert registry.aliased("challenger") is None
    assert promote_challenger(registry, PROTOCOL).serving == 1
    registered(b"three", score=0.6)
    assert registered(b"two").number == 2
    assert registry.aliased("challenger") is None
    registered(b"three", score=0.6)
    assert promote_challenger(registry, PROTOCOL).serving == 3
    registry.rollback()
    assert registry.rollback().number == 3
    assert registered(b"three", score=0.6).number == 3
    assert exported_version(home) == 3


def test_a_damaged_serving_folder_is_made_whole_by_the_next_promotion(registry, registered, home):
    registered(b"one")
    promote_challenger(registry, PROTOCOL)
    for name in ("backbone.onnx", "manifest.json"):
        (home.champion / name).write_bytes(b"o")
        read = (home.champion / name).resolve()
        promote_challenger(registry, PROTOCOL)
        assert (home.champion / "backbone.onnx").read_bytes() == b"one"
        assert exported_version(home) == 1
        assert read.exists()
    kept = home.champion.resolve()
    promote_challenger(registry, PROTOCOL)
    assert home.champion.resolve() == kept


def test_a_serving_folder_is_not_replaced_by_a_damaged_registered_one(registry, registered, home):
    for content in (b"one", b"two"):
        registered(content)
        promote_challenger(registry, PROTOCOL)
    (registry.version(1).bundle / "backbone.onnx").write_bytes(b"o")
    registry.rollback()
    assert (home.champion / "backbone.onnx").read_bytes() == b"one"


def test_a_home_that_was_moved_knows_its_models(registry, registered, home, tmp_path):
    registered(b"one")
    promote_challenger(registry, PROTOCOL)
    moved = Home(home.root.rename(tmp_path / "elsewhere"))
    again = MlflowRegistry(MlflowTracker(moved))
    assert again.version(1).bundle.is_relative_to(moved.root)
    assert promote_challenger(again, PROTOCOL).serving == 1
    experiment = again._tracker.client.get_experiment_by_name("cinemill")
    assert experiment.artifact_location == (moved.mlflow / "artifacts").as_uri()


def killing(monkeypatch, tracker, step):
    """Let the ``step``-th change of an alias, or the export, kill."""
    left = [step]

    def mortal(function):
        def call(*arguments, **options):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return function(*arguments, **options)

        return call

    for name in ("set_registered_model_alias", "delete_registered_model_alias"):
        monkeypatch.setattr(tracker.client, name, mortal(getattr(tracker.client, name)))
    monkeypatch.setattr(registering, "export", mortal(registering.export))


@pytest.mark.parametrize("step", range(4))
def test_a_promotion_that_is_killed_is_finished_by_the_next(registry, registered, home, tracker, monkeypatch, step):
    registered(b"one")
    promote_challenger(registry, PROTOCOL)
    registered(b"two")
    with monkeypatch.context() as patch:
        killing(patch, tracker, step)
        with pytest.raises(Killed):
            promote_challenger(registry, PROTOCOL)
    assert exported_version(home) in {1, 2}
    assert promote_challenger(registry, PROTOCOL).serving == 2
    aliases = {alias: registry.aliased(alias) for alias in ("champion", "previous", "challenger")}
    assert (aliases["champion"].number, aliases["previous"].number, aliases["challenger"]) == (2, 1, None)
    assert exported_version(home) == 2


@pytest.mark.parametrize("step", range(3))
def test_a_rollback_that_is_killed_is_finished_by_the_next(registry, registered, home, tracker, monkeypatch, step):
    for content in (b"one", b"two"):
        registered(content)
        promote_challenger(registry, PROTOCOL)
    with monkeypatch.context() as patch:
        killing(patch, tracker, step)
        with pytest.raises(Killed):
            registry.rollback()
    assert registry.rollback().number == 1
    assert exported_version(home) == 1
    assert ROLLED_BACK not in registry.version(1).tags
    assert ROLLED_BACK in registry.version(2).tags


def test_the_registered_model_loads_with_its_own_code_and_without_torch(registered, tracker, tmp_path):
    version = registered(b"one")
    script = (
        "import sys, mlflow\n"
        f"mlflow.set_tracking_uri({tracker.uri!r})\n"
        f"mlflow.pyfunc.load_model('models:/{version.model_id}')\n"
        "import serving\n"
        "print(serving.__file__, 'torch' in sys.modules, 'assets' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    path, torch, assets = done.stdout.split()
    assert Path(path).is_relative_to(tmp_path)
    assert (torch, assets) == ("False", "False")
