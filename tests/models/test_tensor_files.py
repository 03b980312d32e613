import pytest
import torch
from safetensors.torch import load_file, save_file

from models.files import write_json
from models.tensor_files import INDEX, Entry, TensorFiles, TensorsMissing, write_tensors


def _tensors():
    generator = torch.Generator().manual_seed(0)
    return {
        "half": torch.randn(3, 5, generator=generator).half(),
        "brain": torch.randn(7, generator=generator).bfloat16(),
        "single": torch.randn(4, 2, 3, generator=generator),
        "double": torch.randn(2, dtype=torch.float64, generator=generator),
        "count": torch.arange(3),
        "flags": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
    }


def test_what_is_written_piece_by_piece_is_read_by_the_library_bit_for_bit(tmp_path):
    tensors = _tensors()
    entries = {name: Entry(tensor.dtype, tuple(tensor.shape)) for name, tensor in tensors.items()}
    write_tensors(
        tmp_path / "x.safetensors",
        entries,
        lambda name: iter(tensors[name].split(1) if tensors[name].ndim else [tensors[name]]),
    )
    read = load_file(tmp_path / "x.safetensors")
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor), name


def test_a_file_and_a_folder_of_shards_give_the_same_tensors(tmp_path, monkeypatch):
    monkeypatch.setattr("models.tensor_files._CHUNK", 6)  # several pieces a tensor
    tensors = _tensors()
    save_file(tensors, tmp_path / "one.safetensors")
    names = list(tensors)
    shards = tmp_path / "shards"
    shards.mkdir()
    for number, part in enumerate((names[:3], names[3:])):
        save_file({name: tensors[name] for name in part}, shards / f"{number}.safetensors")
    where = {name: f"{int(place >= 3)}.safetensors" for place, name in enumerate(names)}
    write_json(shards / INDEX, {"weight_map": where})
    for path in (tmp_path / "one.safetensors", shards):
        files = TensorFiles(path)
        assert files.entries.keys() == tensors.keys()
        for name, tensor in tensors.items():
            pieces = list(files.chunks(name))
            joined = torch.cat(pieces) if tensor.ndim and pieces else tensor if not tensor.numel() else pieces[0]
            assert torch.equal(joined, tensor)
            assert files.entries[name] == Entry(tensor.dtype, tuple(tensor.shape))
    assert len(list(TensorFiles(shards).chunks("single"))) == 4


def test_a_tensor_that_is_not_what_was_announced_leaves_no_file(tmp_path):
    announced = {"x": Entry(torch.float32, (4,))}
    for pieces, words in (([torch.zeros(3)], "12"), ([torch.zeros(4).half()], "float16")):
        with pytest.raises(ValueError, match=words):
            write_tensors(tmp_path / "x.safetensors", announced, lambda _, pieces=pieces: iter(pieces))
        assert not list(tmp_path.iterdir())


def test_a_folder_without_weights_says_what_it_lacks(tmp_path):
    with pytest.raises(TensorsMissing, match=r"model\.safetensors"):
        _ = TensorFiles(tmp_path).entries
