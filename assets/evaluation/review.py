"""Review of a registered version: its evidence read back, its bundle verified, the policy applied."""

from dataclasses import replace

from assets.artifact import folder_digest
from assets.evaluation.evidence import Evidence
from assets.evaluation.policy import Decision, decide
from assets.evaluation.samples import Protocol, draw_samples, prompt_scores
from assets.ports import ModelVersion
from models.files import read_json, sha256_file
from serving.bundle import Bundle
from serving.errors import BundleDamaged, BundleMissing
from serving.pipeline import Pipeline


class EvidenceTampered(RuntimeError):
    """An evidence file is not the one that was registered."""


def review(challenger: ModelVersion, champion: ModelVersion | None, protocol: Protocol) -> Decision:
    """Whether the registered ``challenger`` may serve, judged from what the registry holds now.

    A run's own checks guard only that run; here everything is read again. A champion whose evidence is of another
    protocol (other prompts, judges or sampler) is sampled again under this one, from its registered bundle.

    Args:
        challenger: Who wants to serve.
        champion: Who serves, if anybody and if another version.
        protocol: How scores are taken today.

    Raises:
        EvidenceTampered: An evidence file does not match the digest on its version.
        EvidenceUnreadable: An evidence file lacks a field.
    """
    evidence = read_evidence(challenger)
    intact = intact_digest(challenger)
    if champion is None or champion.number == challenger.number:
        return decide(evidence, None, intact=intact)
    before = read_evidence(champion)
    if before.protocol != evidence.protocol == protocol.name:
        before = replace(before, protocol=protocol.name, scores=scores_of(champion, protocol))
    return decide(evidence, before, intact=intact)


def read_evidence(version: ModelVersion) -> Evidence:
    """A version's evidence, after its digest was compared with the version's tag."""
    digest = sha256_file(version.evidence)
    expected = version.tags.get("evidence_digest")
    if digest != expected:
        raise EvidenceTampered(
            f"{version.evidence} has SHA-256 {digest[:12]}, version {version.number} was registered with "
            f"{str(expected)[:12]}: register the model again"
        )
    return Evidence.from_json(read_json(version.evidence))


def intact_digest(version: ModelVersion) -> str | None:
    """Digest of a version's bundle as it is now, or None when a file is missing or not what the manifest says."""
    try:
        Bundle.load(version.bundle)
    except (BundleDamaged, BundleMissing):
        return None
    return folder_digest(version.bundle)


def scores_of(version: ModelVersion, protocol: Protocol) -> dict[str, float]:
    """Checker scores of a registered bundle, sampled now through ONNX Runtime."""
    pipeline = Pipeline.from_bundle(Bundle.load(version.bundle))
    return prompt_scores(list(draw_samples(pipeline, protocol)))
