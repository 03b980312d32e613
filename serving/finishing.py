"""Finishing: films on their way to files: sized, levelled, marked, signed, recorded in the catalog."""

import hashlib
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from models.files import sha256_file, sha256_json
from serving.bundle import Bundle
from serving.catalog import Catalog, CatalogUnavailable, Deliverable, PromptRewrite
from serving.delivery import marked
from serving.errors import ServingError, StreamBroken, Unrecorded
from serving.film import Film, Made
from serving.home import Home
from serving.media.loudness import normalise
from serving.media.mp4 import write_fragmented, write_mp4
from serving.provenance import Facts, Keys, sign
from serving.rewriting import Rewrite
from serving.watermark import Watermarker, payload_of

CAMPAIGN = "studio"  # under this name single clips stand in the catalog


class Finisher:
    """Makes files of the films of one model, in one home."""

    def __init__(self, home: Home, bundle: Bundle) -> None:
        self._home = home
        self._bundle = bundle

    def require_ready(self) -> None:
        """Try what a finished film needs: keys to sign it, and a catalog to record it.

        Raises:
            KeysUnsafe, CatalogUnavailable: it is not there.
        """
        Keys.open(self._home)
        Catalog(self._home.catalog_url).close()

    def finish(
        self,
        output: Path,
        film: Film,
        size: tuple[int, int],
        prompt: str,
        seed: int,
        *,
        parent: Path | None = None,
        rewritten: Rewrite | None = None,
    ) -> Made:
        """The file of a film.

        Args:
            output: The mp4; it appears whole.
            film: What is in it.
            size: (height, width) of the file.
            prompt: What was asked for.
            seed: Of the noise.
            parent: What the film is an edit of.
            rewritten: What the model was given in the prompt's place.

        Raises:
            MediaError: it cannot be encoded.
            SigningFailed: it cannot be signed.
            Unrecorded: it is finished, and the catalog is gone.
        """
        version = str(self._bundle.lineage["model_version"])
        origin = None if parent is None else sha256_file(parent)
        text = [] if rewritten is None else [rewritten.text]
        method, silent = film.enlarger.method(film.size, size), film.sound is None
        record = sha256_json(
            [prompt, seed, version, film.count, film.fps, list(size), origin, method, film.sampling, silent, *text]
        )
        frames = self.marked(film.enlarged(size), record)
        sound = None if film.sound is None else normalise(film.sound, film.sample_rate)[0]
        facts = self.facts(prompt, seed, record, method, film.sampling, rewritten)
        with tempfile.TemporaryDirectory() as scratch:
            unsigned = Path(scratch) / "clip.mp4"
            write_mp4(unsigned, frames, film.fps, sound, film.sample_rate or 48_000)
            sign(unsigned, output, facts, self._home, parent=parent)
        made = Made(output, sha256_file(output), film.count / film.fps, size, version, rewritten, film.unread)
        self._record(made, facts)
        return made

    def stream(
        self, output: Path, frames: Iterable[np.ndarray], fps: int, size: tuple[int, int], facts: Callable[[], Facts]
    ) -> Made:
        """The file of a stream; what is stated of it is known when it has ended. Until then it grows beside it.

        Raises:
            StreamBroken: it could not be written to its end or signed; a file beside it holds what was written.
        """
        output.parent.mkdir(parents=True, exist_ok=True)
        growing = output.with_name(f".{output.stem}.{uuid.uuid4().hex[:8]}.tmp{output.suffix}")
        try:
            written = write_fragmented(growing, frames, fps)
            stated = facts()
            sign(growing, output, stated, self._home)
        except BaseException as error:
            if not growing.exists() or not growing.stat().st_size:
                raise
            left = growing.replace(output.with_name(f"{output.stem}.unsigned{output.suffix}"))
            kept = f"what was made until then is in {left}, marked and not signed"
            if isinstance(error, ServingError | KeyboardInterrupt):
                raise StreamBroken(f"{str(error) or 'interrupted'}; {kept}") from error
            error.add_note(kept)  # a fault of the program: with its traceback
            raise
        finally:
            growing.unlink(missing_ok=True)
        made = Made(output, sha256_file(output), written / fps, size, stated.model_version)
        self._record(made, stated)
        return made

    def marked(self, pieces: Iterable[np.ndarray], record: str) -> Iterator[np.ndarray]:
        """Frames of the pieces, with the watermark of a record."""
        return marked(Watermarker(Keys.open(self._home).watermark_key), payload_of(record), pieces)

    def facts(
        self, prompt: str, seed: int, record: str, method: str, sampling: str, rewritten: Rewrite | None = None
    ) -> Facts:
        """What is stated of a film."""
        lineage = self._bundle.lineage
        return Facts(
            title=prompt,
            prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(),
            model=self._bundle.manifest.name,
            model_version=str(lineage["model_version"]),
            dataset_digest=str(lineage["dataset_digest"]),
            seed=seed,
            record_id=record,
            attribution=tuple(lineage.get("attributions", ())),
            rewritten_prompt_sha256=rewritten.sha256 if rewritten else None,
            upsampling=method,
            sampling=sampling,
        )

    def _record(self, made: Made, facts: Facts) -> None:
        row = Deliverable(
            sha256=made.sha256,
            campaign=CAMPAIGN,
            variant=facts.record_id[:16],
            prompt=facts.title,
            seed=facts.seed,
            model_name=facts.model,
            model_version=facts.model_version,
            dataset_digest=facts.dataset_digest,
            run_id=None,
            path=str(made.path.resolve()),
            rewrite=made.rewrite and PromptRewrite(text=made.rewrite.text, rewriter=made.rewrite.rewriter),
        )
        try:
            with closing(Catalog(self._home.catalog_url)) as catalog:
                catalog.record_deliverable(row)
        except CatalogUnavailable as error:
            raise Unrecorded(f"{made.path} is finished and signed, but not in the catalog: {error}") from error
