import pytest

from orchestration.ranks.placement import Placement, PlacementUnknown, first_host

SLURM = {"SLURM_NODEID": "1", "SLURM_NNODES": "3", "SLURM_JOB_NODELIST": "gpu[07-09]", "SLURM_JOB_ID": "123456"}
TRAINJOB = {"PET_NODE_RANK": "1", "PET_NNODES": "4", "PET_MASTER_ADDR": "a-node-0-0.a", "PET_MASTER_PORT": "29400"}
PYTORCHJOB = {"RANK": "2", "WORLD_SIZE": "4", "MASTER_ADDR": "a-master-0", "MASTER_PORT": "23456"}


@pytest.mark.parametrize(
    ("hosts", "first"),
    [
        ("a", "a"),
        ("a,b", "a"),
        ("node[03-07,12],login1", "node03"),
        ("gpu-a[1,5]", "gpu-a1"),
        ("n1.rack[2-3]", "n1.rack2"),
    ],
)
def test_the_first_host_of_a_slurm_list_is_found(hosts, first):
    assert first_host(hosts) == first


def test_slurm_gives_machine_and_meeting_place():
    placement = Placement.of(SLURM)
    assert (placement.node, placement.nodes, placement.address) == (1, 3, "gpu07")
    assert Placement.of(SLURM | {"SLURM_NODEID": "2"}).port == placement.port
    assert Placement.of(SLURM | {"SLURM_JOB_ID": "123457"}).port != placement.port


def test_a_job_on_one_machine_meets_on_loopback():
    assert Placement.of(SLURM | {"SLURM_NNODES": "1", "SLURM_NODEID": "0"}).address == "127.0.0.1"


def test_both_of_kubeflows_operators_are_understood():
    assert Placement.of(TRAINJOB) == Placement(1, 4, "a-node-0-0.a", 29400)
    assert Placement.of(PYTORCHJOB) == Placement(2, 4, "a-master-0", 23456)
    assert Placement.of(PYTORCHJOB | TRAINJOB) == Placement.of(TRAINJOB)


def test_without_a_cluster_the_missing_variable_is_named():
    with pytest.raises(PlacementUnknown, match="srun"):
        Placement.of({})
    with pytest.raises(PlacementUnknown, match="MASTER_PORT"):
        Placement.of({name: value for name, value in PYTORCHJOB.items() if name != "MASTER_PORT"})


def test_machines_share_the_ranks_without_gap_or_overlap():
    shares = [Placement(node, 4).ranks(16) for node in range(4)]
    assert [rank for share in shares for rank in share] == list(range(16))
    with pytest.raises(PlacementUnknown, match="16 ranks"):
        Placement(0, 3).ranks(16)
