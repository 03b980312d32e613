"""The cluster for curation as its file describes it, against what the other files of this checkout say."""

import re

import yaml

from serving.home import REPOSITORY

INFRA = REPOSITORY / "infra"
CLUSTER = yaml.safe_load((INFRA / "ray" / "raycluster.yaml").read_text())


def test_the_cluster_runs_the_locked_ray():
    (locked,) = re.findall(r"^ray==(\S+)$", (REPOSITORY / "constraints.txt").read_text(), re.MULTILINE)
    assert CLUSTER["spec"]["rayVersion"] == locked


def test_every_pod_mounts_the_claim_that_is_created_in_its_namespace():
    claim = yaml.safe_load((INFRA / "kubernetes" / "claim.yaml").read_text())
    assert CLUSTER["metadata"]["namespace"] == claim["metadata"]["namespace"]
    groups = [CLUSTER["spec"]["headGroupSpec"], *CLUSTER["spec"]["workerGroupSpecs"]]
    for pod in (group["template"]["spec"] for group in groups):
        (volume,) = pod["volumes"]
        assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
        assert [mount["name"] for mount in pod["containers"][0]["volumeMounts"]] == [volume["name"]]
