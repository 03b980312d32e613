"""The real graph at the smallest profile, from footage to a delivered, verified campaign."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.run import ChainFailed, run_campaign_brief
from serving.campaign.brief import BriefInvalid
from serving.home import REPOSITORY, Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

TRAINED = {
    "image_low",
    "joint_low",
    "joint_high",
    "averaged_model",
    "personalized_model",
    "editing_model",
    "image_to_video_model",
    "audio_model",
    "student_model",
}


def run_demo(home: Home, *options: str, check: bool = True) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "orchestration.cli", "demo", "--profile", "smoke", *options]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment(home), capture_output=True, text=True, check=False)
    if check and done.returncode:
        pytest.fail(f"the demo ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done


def environment(home: Home) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "CINEMILL_HOME": str(home.root), "PYTHONPATH": str(REPOSITORY), "PATH": path}


def report_of(home: Home) -> dict:
    return json.loads((home.demo / "report.json").read_text())


def finished(home: Home) -> dict[str, float]:
    """When each artifact of the store was finished."""
    return {str(path.relative_to(home.store)): path.stat().st_mtime for path in home.store.rglob("DONE.json")}


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory) -> Home:
    """A demo that was killed in its middle and started again."""
    home = Home(tmp_path_factory.mktemp("demo"))
    command = [sys.executable, "-m", "orchestration.cli", "demo", "--profile", "smoke"]
    with (home.root / "killed.log").open("w") as log:
        started = subprocess.Popen(command, cwd=REPOSITORY, env=environment(home), stdout=log, stderr=log)
        deadline = time.monotonic() + 900
        while not any(home.store.glob("joint_low/*/*")):
            assert started.poll() is None, (home.root / "killed.log").read_text()[-4000:]
            assert time.monotonic() < deadline, "joint_low never began"
            time.sleep(0.1)
        started.send_signal(signal.SIGKILL)
        started.wait()
    before = finished(home)
    assert any(name.startswith("image_low/") for name in before)
    run_demo(home)
    after = finished(home)
    assert {name: after[name] for name in before} == before, "a finished stage was made again after the kill"
    return home


def test_the_report_tells_what_was_made_and_each_deliverable_verifies(demo_home):
    report = report_of(demo_home)
    assert report["model"]["name"] == "cinemill"
    assert report["model"]["alias"] == "champion"
    assert report["clips"]["ingested"] >= 5
    assert report["clips"]["kept"] >= 5
    assert set(report["stages"]) >= TRAINED
    assert len(report["deliverables"]) == 4
    for film in report["deliverables"]:
        assert film["c2pa"] == "Trusted"
        assert film["watermark_p"] <= 1e-6
        assert film["seconds"] > 4
        assert min(film["width"], film["height"]) >= 480
        assert (film["video_codec"], film["audio_codec"]) == ("h264", "aac")


def test_a_second_run_makes_nothing_again_and_a_deleted_deliverable_is_made_again_alone(demo_home):
    before, jobs = finished(demo_home), sorted(path.name for path in demo_home.jobs.iterdir())
    films = sorted((demo_home.campaigns / "demo").glob("*.mp4"))
    kept = {film.name: film.stat().st_mtime_ns for film in films[1:]}
    films[0].unlink()
    run_demo(demo_home)
    assert finished(demo_home) == before
    assert sorted(path.name for path in demo_home.jobs.iterdir()) == jobs
    assert films[0].exists()
    assert {film.name: film.stat().st_mtime_ns for film in films[1:]} == kept
    assert len(report_of(demo_home)["deliverables"]) == 4


def test_a_campaign_killed_in_its_middle_is_finished_by_the_next_run(demo_home):
    folder = demo_home.campaigns / "demo"
    shutil.rmtree(folder)
    command = [sys.executable, "-m", "orchestration.cli", "campaign", str(demo_home.briefs / "demo.yaml")]
    started = subprocess.Popen(command, cwd=REPOSITORY, env=environment(demo_home))
    record = folder / "campaign.json"
    while not record.exists():  # a film that is not recorded yet is made again
        assert started.poll() is None, "the campaign ended before its first film"
        time.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    started.wait()
    kept = {
        folder / file["path"]: (folder / file["path"]).stat().st_mtime_ns
        for file in json.loads(record.read_text())["files"]
    }
    assert kept
    run_demo(demo_home)
    assert {film: film.stat().st_mtime_ns for film in kept} == kept
    assert all(film["c2pa"] == "Trusted" for film in report_of(demo_home)["deliverables"])


def test_the_promoted_model_has_a_student_and_a_lighter_variant(demo_home, tmp_path):
    def generated(name: str, *options: str, variant: str = "") -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "orchestration.cli", "generate", "a red ball falls", "--seconds", "0.5"]
        command += ["--no-sound", "-o", str(tmp_path / name), *options]
        named = {"CINEMILL_VARIANT": variant} if variant else {}
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment(demo_home) | named, capture_output=True, text=True, check=False
        )

    assert generated("student.mp4", "--student", "4").returncode == 0
    assert generated("light.mp4", variant="int8").returncode == 0
    refused = generated("absent.mp4", variant="fp16")
    assert refused.returncode == 2
    assert "no variant 'fp16', only fp32, int8" in refused.stderr
    assert {path.name for path in tmp_path.glob("*.mp4")} == {"student.mp4", "light.mp4"}


def test_a_film_is_traced_back_to_its_sources_and_licences(demo_home):
    film = demo_home.root / report_of(demo_home)["deliverables"][0]["path"]
    command = [sys.executable, "-m", "orchestration.cli", "lineage", str(film), "--json"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment(demo_home), capture_output=True, text=True, check=True
    )
    chain = json.loads(done.stdout)
    assert len(chain["averaged"]) >= 1
    assert chain["dataset_digest"]
    licences = {source["name"]: source["licence"] for source in chain["sources"]}
    assert "CC-BY-3.0" in licences["bigbuckbunny.mp4"]


def test_a_refused_prompt_stops_its_own_brief_alone(demo_home):
    brief = demo_home.briefs / "refused.yaml"
    text = (demo_home.briefs / "demo.yaml").read_text()
    brief.write_text(text.replace("id: demo", "id: refused").replace("a yellow star falls", "a man is murdered"))
    with pytest.raises(BriefInvalid, match="refused by rule"):
        run_campaign_brief(demo_home, brief, profile="smoke")
    assert not list((demo_home.campaigns / "refused").glob("*.mp4"))
    brief.unlink()


def test_a_campaign_without_a_champion_says_so(demo_home, tmp_path):
    empty = Home(tmp_path)
    empty.briefs.mkdir(parents=True)
    shutil.copy(demo_home.briefs / "demo.yaml", empty.briefs)
    with pytest.raises(ChainFailed, match="champion"):
        run_campaign_brief(empty, empty.briefs / "demo.yaml", profile="smoke")


def test_the_tour_notebook_runs_on_what_the_demo_made(demo_home, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("CINEMILL_HOME", str(demo_home.root))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    notebook = nbformat.read(REPOSITORY / "notebooks" / "demo.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(REPOSITORY)}}).execute()
    pictures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 8


def test_the_champion_says_what_it_was_made_of_and_its_trainings_began_with(demo_home: Home):
    from assets.warm_start import TAGS
    from orchestration.registry import MlflowRegistry
    from orchestration.tracking import MlflowTracker

    champion = MlflowRegistry(MlflowTracker(demo_home)).aliased("champion")
    assert champion is not None
    for tag in TAGS.values():
        assert (demo_home.store / champion.tags[tag] / "DONE.json").is_file(), tag
