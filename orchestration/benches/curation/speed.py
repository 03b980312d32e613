"""Speed: the whole pass against the tools that each do a part of it, every one in a process of its own."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.benches.curation.peers import ffmpeg, require
from orchestration.benches.curation.reel import FPS, Reel, make_reel
from serving.home import REPOSITORY

_ROUNDS = 3
_SIZE = (1280, 720)
Looks = Sequence[tuple[float, Sequence[str]]]


def speed_figures(folder: Path) -> dict[str, float]:
    """Seconds of both sides on a lettered reel, alternating; their ratio; and how much of the text each read."""
    require("scenedetect")
    reel = make_reel(folder / "lettered.mp4", shots=24, seed=77, size=_SIZE, lettered=True)
    path = str(reel.path)
    ours, peers, ratios, looks, read = [], [], [], [], []
    parts: dict[str, list[float]] = {}
    for round_ in range(_ROUNDS + 1):  # the first one warms caches up
        seconds, output = timed(apart("analyse", path))
        looks = json.loads(output)["looks"]
        commands: Mapping[str, list[str]] = {
            "pyscenedetect": [_tool("scenedetect"), "-q", "-i", path, "detect-adaptive", "list-scenes", "-n", "-q"],
            "vmafmotion": [ffmpeg(), "-v", "error", "-i", path, "-an", "-vf", "vmafmotion", "-f", "null", "-"],
            "ocr": apart("read", path, *(str(at) for at, _ in looks)),
        }
        spent = {}
        for name, command in commands.items():
            spent[name], output = timed(command)
        read = json.loads(output)["looks"]
        if round_:
            ours.append(seconds)
            peers.append(sum(spent.values()))
            ratios.append(peers[-1] / seconds)
            for name, value in spent.items():
                parts.setdefault(name, []).append(value)
    return {
        "speed_ratio": statistics.median(ratios),
        "frames_per_second": reel.frames / statistics.median(ours),
        "seconds_ours": statistics.median(ours),
        "seconds_peers": statistics.median(peers),
        **{f"seconds_{name}": statistics.median(values) for name, values in parts.items()},
        "text_looks": float(len(looks)),
        "text_recall": recall(looks, reel),
        "text_recall_peer": recall(read, reel),
    }


def recall(looks: Looks, reel: Reel) -> float:
    """Share of the words on the looked-at frames that were read, letter for letter but for case and spaces."""
    shown = hit = 0
    for seconds, lines in looks:
        text = "".join(lines).replace(" ", "").lower()
        for word in reel.words[min(round(seconds * FPS), reel.frames - 1)]:
            shown += 1
            hit += word.lower() in text
    return hit / max(shown, 1)


def apart(*arguments: str) -> list[str]:
    """The command line of a task of ``apart``."""
    return [sys.executable, "-m", "orchestration.benches.curation.apart", *arguments]


def timed(command: Sequence[str]) -> tuple[float, str]:
    """Wall clock of a command and its last line of output. Raises CalledProcessError."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return seconds, (done.stdout.strip().splitlines() or [""])[-1]


def _tool(name: str) -> str:
    """A command that a package installed beside this Python."""
    return str(Path(sys.executable).with_name(name))
