from dataclasses import asdict, replace

from assets.dvc_stage import stage_settings
from assets.sandbox_corpus import stage
from assets.sandbox_corpus.lots import records
from assets.sandbox_corpus.record import read_corpus
from models.files import write_json
from models.recipes import smoke
from serving.home import Home

_SIZE = replace(smoke().corpus, images=6, videos=3, videos_high=3, validation=2, pairs=3, pairs_high=3, sounds=2)


def _home(tmp_path):
    home = Home(tmp_path)
    settings = {"size": asdict(_SIZE), "world": asdict(smoke().world)}
    write_json(home.manifests / "settings" / "corpus.json", {"code": "", "settings": settings})
    assert stage_settings("corpus", home)["size"] == asdict(_SIZE)
    return home


def test_the_stage_writes_the_same_bytes_twice(tmp_path):
    first = stage.main(_home(tmp_path / "a")).read_bytes()
    assert stage.main(_home(tmp_path / "b")).read_bytes() == first


def test_the_manifest_reads_back_as_what_was_drawn_sorted_by_id(tmp_path):
    read = read_corpus(stage.main(_home(tmp_path)))
    assert read == list(records(_SIZE, smoke().world))
    assert [record.id for record in read] == sorted(record.id for record in read)
