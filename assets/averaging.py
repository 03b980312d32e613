"""Model averaging: one model of several finetunes, chosen by validation loss or by what the checkers see in samples."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import dagster as dg

from assets.artifact import SCRATCH, Artifact, Built
from assets.code_version import code_version
from assets.evaluation.candidates import candidate_protocol, candidate_samples, mean_score
from assets.evaluation.samples import Sample
from assets.pictures import contact_sheet
from assets.ports import Settings
from assets.store import Store
from assets.training_recipes import mix
from models.averaging_recipe import AveragingRecipe, Way
from models.files import LEFT, sha256_file
from models.recipes import Profile
from models.tensor_files import WEIGHTS

_VALIDATION = "video-high"
_SHOWN = 12  # samples of the chosen average that are kept for people


@dg.asset(group_name="finetuning", kinds={"safetensors"}, owners=["team:models"], code_version=code_version(__name__))
def averaged_model(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    settings: dg.ResourceParam[Settings],
    autoencoder: Artifact,
    latents: Artifact,
    finetunes: dict[str, Artifact],
) -> dg.MaterializeResult[Artifact]:
    """The best of the averages that the profile asks for: uniform, weighted or greedy, by flow loss or by the checkers.

    What each candidate reaches is kept; samples of the chosen one are shown where samples decided.
    """
    profile = settings.profile
    parents = {name: artifact.folder for name, artifact in sorted(finetunes.items())}
    given = {
        "averaging": asdict(profile.averaging),
        "protocol": candidate_protocol(profile, profile.averaging.prompts).name if _sees(profile.averaging) else None,
    }

    def build(folder: Path) -> Built:
        judge = _judge(profile, latents.folder, autoencoder.folder, folder / SCRATCH)
        return chosen_average(folder, parents, profile.averaging, judge, context.log.info)

    inputs = {"latents": latents, "autoencoder": autoencoder}
    inputs |= {f"finetunes_{name}": artifact for name, artifact in finetunes.items()}
    return store.produce(context, build=build, inputs=inputs, settings=given, tracked=True)


@dataclass(frozen=True)
class Verdict:
    """What a candidate is worth.

    Attributes:
        loss: Validation flow loss.
        score: Share of what the prompts ask for that the checkers see in samples; None where they are not asked.
        samples: Those.
    """

    loss: float
    score: float | None = None
    samples: tuple[Sample, ...] = field(default=(), repr=False)

    @property
    def rank(self) -> tuple[float, ...]:
        """Lower is better: the score first, where there is one."""
        return (self.loss,) if self.score is None else (-self.score, self.loss)

    @property
    def figures(self) -> dict[str, float]:
        """By name."""
        return {"validation_loss": self.loss} | ({} if self.score is None else {"checker_score": self.score})


def chosen_average(
    folder: Path,
    parents: Mapping[str, Path],
    recipe: AveragingRecipe,
    judge: Callable[[Path], Verdict],
    told: Callable[[str], None],
) -> Built:
    """Try every average of the recipe and leave the best in ``folder``.

    Args:
        folder: Gets the model, and a contact sheet if there are samples.
        parents: Folders of the finetunes by name.
        recipe: Ways and weights.
        judge: What a model folder is worth; asked once of the same weights.
        told: Gets a line about each that is asked.

    Raises:
        ValueError: Weights of other finetunes than there are.
        WeightsDiffer: The finetunes are not of one model.
    """
    known: dict[str, Verdict] = {}
    names = {path: name for name, path in parents.items()}

    def verdict(candidate: Path) -> Verdict:
        weights = sha256_file(candidate / WEIGHTS)
        if weights not in known:
            known[weights] = found = judge(candidate)
            figures = ", ".join(f"{name} {value:.4f}" for name, value in found.figures.items())
            told(f"{names.get(candidate, candidate.name)}: {figures}")
        return known[weights]

    singles = {name: verdict(path) for name, path in parents.items()}
    tried: dict[Way, tuple[Path, list[str], Verdict]] = {}
    for way in recipe.ways:
        out = folder / SCRATCH / way
        averaged = _average(way, out, parents, recipe, lambda path: verdict(path).rank)
        tried[way] = (out, averaged, verdict(out))
    best = min(tried, key=lambda way: tried[way][2].rank)
    out, averaged, reached = tried[best]
    shutil.copytree(out, folder, ignore=shutil.ignore_patterns(LEFT), dirs_exist_ok=True)
    metrics = dict(reached.figures)
    for name, found in [*singles.items(), *((way, found) for way, (_, _, found) in tried.items())]:
        metrics |= {f"{figure}_{name}": value for figure, value in found.figures.items()}
    meta = {
        "method": best,
        "measure": recipe.measure,
        "parents": ", ".join(averaged),
        "best_single": min(found.loss for found in singles.values()),
        **reached.figures,
    }
    return Built(meta=meta, metrics=metrics, pictures=_sheet(folder, reached.samples))


def _average(
    way: Way,
    out: Path,
    parents: Mapping[str, Path],
    recipe: AveragingRecipe,
    rank: Callable[[Path], tuple[float, ...]],
) -> list[str]:
    """Write an average to ``out``, and name the finetunes in it."""
    from models.averaging import average_folders, greedy_soup

    folders = list(parents.values())
    if way == "greedy":
        names = {path: name for name, path in parents.items()}
        return [names[path] for path in greedy_soup(folders, out, rank)]
    weights = None
    if way == "weighted":
        given = dict(recipe.weights)
        if given.keys() != parents.keys():
            raise ValueError(f"weights of {sorted(given)} for the finetunes {sorted(parents)}: give one of each")
        weights = [given[name] for name in parents]
    average_folders(folders, out, weights)
    return list(parents)


def _judge(profile: Profile, latents: Path, autoencoder: Path, scratch: Path) -> Callable[[Path], Verdict]:
    """What a profile compares candidates by."""
    from models.training.methods import VideoMethod
    from models.training.validation import Validation

    method, recipe = VideoMethod(), profile.averaging
    validation = Validation(mix(latents, {_VALIDATION: 1.0}))

    def judge(candidate: Path) -> Verdict:
        network = method.load(candidate)
        loss = validation.loss(lambda batch: method.velocity(network, batch))
        if not _sees(recipe):
            return Verdict(loss)
        samples = candidate_samples(candidate, autoencoder, profile, recipe.prompts, scratch)
        return Verdict(loss, mean_score(samples), tuple(samples))

    return judge


def _sees(recipe: AveragingRecipe) -> bool:
    return recipe.measure == "checkers"


def _sheet(folder: Path, samples: tuple[Sample, ...]) -> list[Path]:
    """A contact sheet of samples, if there are any."""
    if not samples:
        return []
    cells = [(list(each.frames), f"{each.prompt.text}: {each.verdict}") for each in samples[:_SHOWN]]
    return [contact_sheet(folder / "samples.png", cells, columns=2)]


@dg.asset_check(asset=averaged_model, blocking=True, additional_ins={"finetunes": dg.AssetIn()})
def average_is_no_worse(averaged_model: Artifact, finetunes: dict[str, Artifact]) -> dg.AssetCheckResult:
    """Every finetune's losses are finite, and the average validates no more than 2% worse than the best of them."""
    from math import isfinite

    finals = {name: float(artifact.meta["validation_final"]) for name, artifact in finetunes.items()}
    loss = float(averaged_model.meta["validation_loss"])
    best = float(averaged_model.meta["best_single"])
    return dg.AssetCheckResult(
        passed=isfinite(loss) and all(map(isfinite, finals.values())) and loss <= best * 1.02,
        description=f"{averaged_model.meta['method']} average {loss:.4f}, best finetune {best:.4f}",
        metadata={f"validation_{name}": dg.MetadataValue.float(value) for name, value in finals.items()},
    )
