"""The plan of the latents: which clips go into which shard, at which size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from assets.sandbox_corpus.record import FOOTAGE, Record, corpus_records
from models.recipes import FPS, Profile, Split

STRIDE = 8  # pixels to a latent position, in time, height and width
WITH_ENDS = frozenset({"video-low", "video-high"})
"""Groups of clips whose first and last picture are encoded by themselves too: known frames are learned from them."""

_SHARD = 256  # samples at most
_OTHER_RATE = 4  # each so manieth video is shown at the second frame rate
_SPLITS: tuple[Split, ...] = ("train", "validation")


@dataclass(frozen=True)
class Window:
    """A span of a curated footage clip.

    Attributes:
        record: ``path``, ``start`` and ``end`` in seconds, as ``assets.curation.loading.load_clip`` reads them.
        caption: Of the whole clip.
    """

    record: Mapping[str, Any]
    caption: str


@dataclass(frozen=True)
class Part:
    """One shard to be: clips of one group and split, all of one size.

    Attributes:
        group: ``image-low``, ``video-high``, ``audio``, ...
        height, width, frames: Of the pixels.
        clips: Corpus records, or windows of footage.
        number: Of the shard among those of its group, split, size and frame rate.
        fps: Frames a second.
    """

    group: str
    split: Split
    height: int
    width: int
    frames: int
    clips: tuple[Record | Window, ...]
    number: int = 0
    fps: int = FPS

    @property
    def name(self) -> str:
        """File name of the shard."""
        size = f"{self.frames}x{self.height}x{self.width}" + ("" if self.fps == FPS else f"-{self.fps}fps")
        return f"shard-{self.group}-{self.split}-{size}-{self.number:03d}.safetensors"

    @property
    def latent_size(self) -> tuple[int, int, int]:
        """Latent frames, height and width."""
        return -(-self.frames // STRIDE), self.height // STRIDE, self.width // STRIDE

    @property
    def seconds(self) -> float:
        """Time that a clip lasts."""
        return self.frames / self.fps


def plan(rows: Sequence[Mapping[str, Any]], paths: Mapping[str, str], profile: Profile) -> list[Part]:
    """Every shard of a dataset version, in a fixed order.

    Args:
        rows: Of ``dataset.jsonl``.
        paths: Where each footage source is, by its id.
        profile: Sizes and counts.
    """
    parts: list[Part] = []
    for split in _SPLITS:
        corpus = corpus_records([row for row in rows if row["split"] == split])
        parts += _corpus_parts(corpus, split, profile)
        parts += _footage_parts(footage_rows(rows, paths, split), split, profile)
    return parts


def footage_rows(rows: Sequence[Mapping[str, Any]], paths: Mapping[str, str], split: Split) -> list[dict[str, Any]]:
    """The footage clips of a split, each with the ``path`` of its source."""
    return [{**row, "path": paths[row["source"]]} for row in rows if row["kind"] == FOOTAGE and row["split"] == split]


def windows(row: Mapping[str, Any], seconds: float) -> list[Window]:
    """A clip cut into spans of ``seconds``; a clip that is shorter is one span, a shorter rest is left out."""
    start, end = float(row["start"]), float(row["end"])
    count = max(1, int((end - start) / seconds + 1e-6))
    return [
        Window({**row, "start": start + i * seconds, "end": min(end, start + (i + 1) * seconds)}, row["caption"])
        for i in range(count)
    ]


def resampled(spans: Sequence[Window]) -> list[Window]:
    """As many spans, each as often as the sampling ``weight`` of its clip says: by systematic resampling.

    A span of weight w among N of mean weight m comes floor(w/m) or ceil(w/m) times; with equal weights, once.
    """
    weights = [float(span.record.get("weight", 1.0)) for span in spans]
    places = [round(bound * len(spans) / sum(weights), 9) for bound in accumulate(weights)]
    counts = [int(end + 0.5) - int(begin + 0.5) for begin, end in pairwise([0.0, *places])]
    return [span for span, count in zip(spans, counts, strict=True) for _ in range(count)]


def at_rates(found: Sequence[Record], rates: Sequence[int]) -> list[tuple[int, Sequence[Record]]]:
    """The clips by frame rate: every fourth at the second, where there is one."""
    usual, *others = rates
    if not others:
        return [(usual, found)]
    last = _OTHER_RATE - 1
    return [
        (usual, [clip for at, clip in enumerate(found) if at % _OTHER_RATE != last]),
        (others[0], found[last::_OTHER_RATE]),
    ]


def _corpus_parts(corpus: list[Record], split: Split, profile: Profile) -> list[Part]:
    size = profile.corpus
    low, high = (*profile.size_low, profile.frames_low), profile.frames_high
    kinds = {kind: [record for record in corpus if record.kind == kind] for kind in ("image", "video", "sound")}
    dear = _share(size.videos_high, size.videos, size.validation, split, profile)
    parts = _shards("image-low", split, (*profile.size_low, 1), kinds["image"])
    for fps, shown in at_rates(kinds["video"], profile.rates):
        parts += _shards("video-low", split, low, shown, fps)
    parts += _spread("video-high", split, profile, kinds["video"][:dear], profile.rates)
    dear = _share(size.pairs_high, size.pairs, size.validation, split, profile)
    for group in ("personalization", "editing"):
        pairs = [record for record in corpus if record.kind == group]
        parts += _spread(group, split, profile, pairs[:dear])
        parts += _shards(group, split, low, pairs[dear:])
    return parts + _shards("audio", split, (*profile.size_low, high), kinds["sound"])


def _footage_parts(rows: Sequence[Mapping[str, Any]], split: Split, profile: Profile) -> list[Part]:
    """Spans of the long clips at full length, short clips at the low length: no clip is mostly its last frame."""
    parts = []
    long, short = profile.frames_high / FPS, profile.frames_low / FPS
    spans = [span for row in rows for span in windows(row, long)]
    if split == "train":
        spans = resampled(spans)
    full = [span for span in spans if _length(span) > 0.75 * long]
    brief = [part for span in spans if _length(span) <= 0.75 * long for part in windows(span.record, short)]
    for frames, found in ((profile.frames_high, full), (profile.frames_low, brief)):
        for height, width in profile.sizes_high:
            parts += _shards("video-footage", split, (height, width, frames), found)
    return parts


def _length(span: Window) -> float:
    return float(span.record["end"]) - float(span.record["start"])


def _share(dear: int, train: int, validation: int, split: Split, profile: Profile) -> int:
    """How many clips of a split are encoded at the high sizes: in validation, at least two of each size."""
    if split == "train":
        return dear
    return min(validation, max(2 * len(profile.sizes_high), round(validation * dear / train)))


def _spread(
    group: str, split: Split, profile: Profile, found: Sequence[Record], rates: Sequence[int] = (FPS,)
) -> list[Part]:
    """The clips dealt out in turn to the high sizes, those of each size to the frame rates."""
    sizes = profile.sizes_high
    return [
        part
        for number, size in enumerate(sizes)
        for fps, shown in at_rates(found[number :: len(sizes)], rates)
        for part in _shards(group, split, (*size, profile.frames_high), shown, fps)
    ]


def _shards(
    group: str, split: Split, size: tuple[int, int, int], found: Sequence[Record] | Sequence[Window], fps: int = FPS
) -> list[Part]:
    starts = range(0, len(found), _SHARD)
    return [
        Part(group, split, *size, tuple(found[start : start + _SHARD]), number, fps)
        for number, start in enumerate(starts)
    ]
