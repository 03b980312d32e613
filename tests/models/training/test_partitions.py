from types import SimpleNamespace

import pytest
import torch

from models.training.partitions import Partitions

SIZES = {"long": 11, "single": 1, "pair": 2, "even": 12}


class Flat:
    """What ZeRO-3 keeps on one rank: each tensor's share beside the next in one buffer, short ends padded."""

    def __init__(self, rank, world_size):
        self.shares = {name: -(-size // world_size) for name, size in SIZES.items()}
        length = sum(self.shares.values())
        self.fp32_partitioned_groups_flat = [torch.nn.Parameter(torch.full((length,), -1.0))]
        self.fp16_partitioned_groups_flat = [torch.zeros(length)]
        self.optimizer = SimpleNamespace(state={})
        self.parameter_offload = SimpleNamespace(partition_all_parameters=lambda: None)
        self.persistent_parameters = []
        self.grad_position, place = {}, 0
        for name, share in self.shares.items():
            self.grad_position[name] = (0, place, share)
            place += share
        self.average = [torch.full((length,), -1.0)]
        named = {name: SimpleNamespace(name=name, ds_numel=size) for name, size in SIZES.items()}
        self.partitions = Partitions(self, named, rank, world_size)
        self.rank = rank

    def get_param_id(self, parameter):
        return parameter.name

    def part(self, flat, name):
        """This rank's numbers of a tensor, without what is padded."""
        place, share = self.grad_position[name][1], self.shares[name]
        return flat[place : place + min(share, max(0, SIZES[name] - self.rank * share))]

    def fill(self, flat, kind):
        for name in SIZES:
            part, first = self.part(flat, name), self.rank * self.shares[name]
            part.copy_(whole(name, kind)[first : first + len(part)])


def whole(name, kind):
    start = 1000 * list(SIZES).index(name) + 100 * kind
    return torch.arange(start, start + SIZES[name], dtype=torch.float32)


def written(folder, world_size, steps):
    """Files of so many ranks, each number a different one."""
    files = []
    for rank in range(world_size):
        flat = Flat(rank, world_size)
        own = flat.fp32_partitioned_groups_flat[0]
        flat.fill(own.data, 1)
        flat.fill(flat.average[0], 2)
        if steps:
            state = {"exp_avg": torch.zeros_like(own.data), "exp_avg_sq": torch.zeros_like(own.data)}
            flat.fill(state["exp_avg"], 3)
            flat.fill(state["exp_avg_sq"], 4)
            flat.optimizer.state[own] = state | {"step": torch.tensor(float(steps))}
        assert flat.partitions.steps == steps
        files.append(folder / f"{rank}.safetensors")
        flat.partitions.save(files[-1], flat.average)
    return files


@pytest.mark.parametrize("before", [1, 2, 3, 5])
@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_any_number_of_ranks_reads_what_any_other_wrote(tmp_path, before, after):
    files = written(tmp_path, before, steps=7)
    found = {(name, kind): [] for name in SIZES for kind in range(1, 5)}
    for rank in range(after):
        flat = Flat(rank, after)
        flat.partitions.load(files, flat.average, 7)
        assert flat.partitions.steps == 7
        own = flat.fp32_partitioned_groups_flat[0]
        state = flat.optimizer.state[own]
        kinds = (own.data, flat.average[0], state["exp_avg"], state["exp_avg_sq"])
        for name in SIZES:
            for kind, tensor in enumerate(kinds, 1):
                found[name, kind].append(flat.part(tensor, name))
            assert torch.equal(flat.part(flat.fp16_partitioned_groups_flat[0], name), flat.part(own.data, name))
    for (name, kind), parts in found.items():
        assert torch.equal(torch.cat(parts), whole(name, kind)), (name, kind)


def test_before_the_first_step_there_is_no_state_to_read(tmp_path):
    files = written(tmp_path, 2, steps=0)
    flat = Flat(0, 1)
    flat.partitions.load(files, flat.average, 0)
    assert flat.partitions.steps == 0
    assert not flat.optimizer.state
    assert torch.equal(flat.part(flat.average[0], "long"), whole("long", 2))


def test_other_weights_are_shown_while_the_own_ones_stay():
    flat = Flat(0, 1)
    own = flat.fp32_partitioned_groups_flat[0]
    shown = [torch.arange(len(own), dtype=torch.float32)]
    flat.partitions.show(shown)
    assert torch.equal(flat.fp16_partitioned_groups_flat[0], shown[0])
    assert (own == -1).all()
