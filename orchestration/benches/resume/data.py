"""The same samples as each side of the bench stores them: our shards, which torchdata maps too, and webdataset's tars.

Small samples (latents of images of 64 pixels, short texts), so that there are many: a cursor is far from the start.
"""

from pathlib import Path

SAMPLES, SHARD = 1 << 18, 1 << 13
SIZE = (1, 8, 8)  # latent frames, height, width
GROUP = "image-low"
INDEX = "index.json"
TOKENS, WIDTH = 4, 32  # of each text encoder


def write(root: Path, shards: int = SAMPLES // SHARD, count: int = SHARD, *, tars: bool = True) -> Path:
    """Write ``shards`` shards of ``count`` samples; returns our index. webdataset's ``tars`` lie beside it.

    The first shard is also named as that of validation.
    """
    import torch
    from safetensors.torch import save, save_file

    from models.files import sha256_file, write_json
    from models.text.config import ROLES, mask_name, states_name

    root.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    entries = []
    for number in range(shards):
        tensors = {"latent": torch.randn(count, 16, *SIZE, generator=generator).half()}
        for role in ROLES:
            tensors[states_name(role)] = torch.randn(count, TOKENS, WIDTH, generator=generator).half()
            tensors[mask_name(role)] = torch.ones(count, TOKENS, dtype=torch.uint8)
        path = root / f"shard-{number:03d}.safetensors"
        save_file(tensors, path)
        entries.append(
            {
                "file": path.name,
                "sha256": sha256_file(path),
                "group": GROUP,
                "split": "train",
                "bucket": list(SIZE),
                "count": count,
            }
        )
        rows = [{name: tensor[row].clone() for name, tensor in tensors.items()} for row in range(count)]
        if tars:
            _tar(path.with_suffix(".tar"), [save(row) for row in rows], number * count)
    save_file({name: tensor.clone() for name, tensor in rows[0].items() if name != "latent"}, root / "null.safetensors")
    write_json(root / INDEX, {"shards": [*entries, entries[0] | {"split": "validation"}]})
    return root / INDEX


def _tar(path: Path, samples: list[bytes], first: int) -> None:
    import webdataset as wds

    with wds.TarWriter(str(path)) as tar:
        for number, sample in enumerate(samples, first):
            tar.write({"__key__": f"{number:06d}", "safetensors": sample})
