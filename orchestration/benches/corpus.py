"""The corpus: how fast the sandbox world is drawn, with sound and truth, by one process and by two."""

import resource
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

_FPS = 16
_WORKERS = 2
_CLIPS = 240  # of each process, about 11,500 frames
_WARM = 80  # clips before the clock starts: afterwards most backdrops are drawn
_KIB_PER_GIB = 1 << 20


@dataclass(frozen=True)
class Stint:
    """What one process did.

    Attributes:
        frames: How many it drew.
        seconds: Of sound.
        began, ended: Of the system's monotonic clock, seconds.
        cold: Frames a second of its first clips, nothing yet cached.
        peak_gib: Largest resident memory.
        cpu_seconds: Processor time between ``began`` and ``ended``: what the machine does besides does not change it.
    """

    frames: int
    seconds: float
    began: float
    ended: float
    cold: float
    peak_gib: float
    cpu_seconds: float


def run() -> dict[str, float]:
    """Frames a second of whole-world clips of 2 to 4 s at 16 fps, each with 48 kHz sound, masks, boxes and captions."""
    from assets.world.identities import COUNT
    from assets.world.kinds import KINDS

    two, two_large, one = (_measure(128, _WORKERS), _measure(256, _WORKERS), _measure(128, 1))
    return {
        "frames_per_second_128": _rate(two),
        "frames_per_second_128_cold": sum(each.cold for each in two),
        "frames_per_second_128_one_process": _rate(one),
        "frames_per_cpu_second_128": sum(each.frames for each in two) / sum(each.cpu_seconds for each in two),
        "frames_per_second_256": _rate(two_large),
        "sound_seconds_per_second_128": sum(each.seconds for each in two) / _wall(two),
        "peak_gib_per_process": max(each.peak_gib for each in (*two, *two_large, *one)),
        "object_kinds": float(len(KINDS)),
        "identities": float(COUNT),
    }


def stint(side: int, rank: int, count: int, warm: int) -> Stint:
    """Draw ``count`` clips of ``side`` pixels on one core after ``warm`` others; ``rank`` tells their seeds apart."""
    import cv2

    cv2.setNumThreads(1)
    first = rank << 20
    began = time.perf_counter()
    frames, _ = _drawn(range(first, first + warm), side)
    cold = frames / (time.perf_counter() - began)
    began, spent = time.perf_counter(), time.process_time()
    frames, seconds = _drawn(range(first + warm, first + warm + count), side)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_GIB
    return Stint(frames, seconds, began, time.perf_counter(), cold, peak, time.process_time() - spent)


def _drawn(seeds: Iterable[int], side: int) -> tuple[int, float]:
    from assets.world.draw import draw
    from assets.world.render import render
    from models.recipes import SAMPLE_RATE

    frames, samples = 0, 0
    for seed in seeds:
        spec = draw(seed)
        clip = render(spec, side, side, _FPS, round(spec.seconds * _FPS))
        frames += len(clip.frames)
        samples += len(clip.samples)
    return frames, samples / SAMPLE_RATE


def _measure(side: int, workers: int) -> list[Stint]:
    count = _CLIPS * 128 // side
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(stint, side, rank, count, _WARM) for rank in range(workers)]
        return [job.result() for job in jobs]


def _wall(done: list[Stint]) -> float:
    return max(each.ended for each in done) - min(each.began for each in done)


def _rate(done: list[Stint]) -> float:
    return sum(each.frames for each in done) / _wall(done)
