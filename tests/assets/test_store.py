from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from assets.artifact import DONE, Artifact, Built
from assets.store import Store
from models.files import atomic_path, read_json, write_text

FILES = ("model.safetensors", "part/LICENCE")


class Killed(BaseException):
    """Stands for the end of the process."""


def killed(path: Path) -> None:
    """As a writer that is killed leaves a file: the temporary sibling stays."""
    with suppress(Killed), atomic_path(path) as unfinished:
        unfinished.touch()
        raise Killed
    unfinished.write_text("half of it")


def write(folder: Path) -> Built:
    for name in FILES:
        write_text(folder / name, "all of it")
    return Built()


def write_after_a_kill(folder: Path) -> Built:
    for name in FILES:
        killed(folder / name)
    return write(folder)


def made(root: Path, build: Callable[[Path], Built], *, adopted: bool) -> Path:
    """The folder of an artifact that is built so."""

    @dg.asset(code_version="1")
    def content(context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]) -> dg.MaterializeResult[Artifact]:
        return store.adopt(context, "digest", build=build) if adopted else store.produce(context, build=build)

    resources = {"store": Store(root, SimpleNamespace()), "io_manager": dg.mem_io_manager}
    dg.materialize([content], resources=resources)
    return next(root.glob("*/*"))


@pytest.mark.parametrize("adopted", [False, True])
def test_what_killed_writers_left_is_no_part_of_an_artifact(tmp_path, adopted):
    whole = made(tmp_path / "whole", write, adopted=adopted)
    resumed = made(tmp_path / "resumed", write_after_a_kill, adopted=adopted)
    files = {str(path.relative_to(resumed)) for path in resumed.rglob("*") if path.is_file()}
    assert files == {*FILES, DONE}
    assert read_json(resumed / DONE)["digest"] == read_json(whole / DONE)["digest"]
