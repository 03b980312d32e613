from dataclasses import asdict, replace

from assets.corpus import stage
from assets.corpus.manifest import read_corpus, records
from assets.dvc_stage import stage_settings
from models.files import write_json
from models.recipes import smoke
from serving.home import Home


def _home(tmp_path, size):
    home = Home(tmp_path)
    write_json(home.manifests / "settings" / "corpus.json", {"code": "", "settings": asdict(size)})
    assert stage_settings("corpus", home) == asdict(size)
    return home


def test_the_stage_writes_the_same_bytes_twice(tmp_path):
    size = smoke().corpus
    first = stage.main(_home(tmp_path / "a", size)).read_bytes()
    assert stage.main(_home(tmp_path / "b", size)).read_bytes() == first


def test_the_manifest_reads_back_as_what_was_drawn(tmp_path):
    size = smoke().corpus
    read = read_corpus(stage.main(_home(tmp_path, size)))
    assert read == list(records(size))
    assert [record.id for record in read] == sorted(record.id for record in read)


def test_a_bigger_corpus_begins_with_the_smaller_one():
    size = smoke().corpus
    small = {record.id: record for record in records(size)}
    big = {record.id: record for record in records(replace(size, images=80, videos=40))}
    assert len(big) > len(small)
    assert all(big[name] == record for name, record in small.items())
