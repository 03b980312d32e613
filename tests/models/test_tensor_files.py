import pytest
import torch
from safetensors.torch import load_file, save_file

from models.files import write_json
from models.tensor_files import INDEX, Entry, TensorFiles, TensorsDamaged, TensorsMissing, write_tensors


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
    monkeypatch.setattr("models.tensor_files._PIECE", 6)  # several pieces a tensor
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
            pieces = [piece.clone() for piece in files.pieces(name)]
            assert torch.equal(torch.cat([torch.empty(0, dtype=tensor.dtype), *pieces]), tensor.flatten())
            assert files.entries[name] == Entry(tensor.dtype, tuple(tensor.shape))
    assert len(list(TensorFiles(shards).pieces("single"))) == 4


def test_a_tensor_that_is_not_what_was_announced_leaves_no_file(tmp_path):
    announced = {"x": Entry(torch.float32, (4,))}
    for pieces, words in (([torch.zeros(3)], "12"), ([torch.zeros(4).half()], "float16")):
        with pytest.raises(ValueError, match=words):
            write_tensors(tmp_path / "x.safetensors", announced, lambda _, pieces=pieces: iter(pieces))
        assert not list(tmp_path.iterdir())


def _damaged(path, how):
    save_file(_tensors(), path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, body = content[8 : 8 + length], content[8 + length :]
    match how:
        case "cut":
            path.write_bytes(content[:-1])
        case "text":
            path.write_bytes(content[:8] + b"x" * length + body)
        case "length":
            path.write_bytes((1 << 40).to_bytes(8, "little") + content[8:])
        case "type":
            path.write_bytes(content[:8] + header.replace(b'"F64"', b'"F99"') + body)
        case "empty":
            path.write_bytes(b"")


@pytest.mark.parametrize(
    ("how", "words"),
    [("cut", "lies at"), ("text", "no JSON"), ("length", "1099511627776"), ("type", "F99"), ("empty", "0 bytes")],
)
def test_a_file_that_is_not_whole_is_refused_with_what_is_wrong(tmp_path, how, words):
    path = tmp_path / "x.safetensors"
    _damaged(path, how)
    with pytest.raises(TensorsDamaged, match=words):
        _ = TensorFiles(path).entries


def test_an_index_that_names_what_no_shard_holds_is_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "0.safetensors")
    write_json(tmp_path / INDEX, {"weight_map": {"b": "0.safetensors"}})
    with pytest.raises(TensorsDamaged, match="puts b into"):
        _ = TensorFiles(tmp_path).entries


def test_a_folder_without_weights_says_what_it_lacks(tmp_path):
    with pytest.raises(TensorsMissing, match=r"model\.safetensors"):
        _ = TensorFiles(tmp_path).entries
