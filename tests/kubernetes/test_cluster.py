"""A real Kubernetes cluster keeps the contract of its port."""

import pytest

from tests.kubernetes.bed import KubernetesBed
from tests.runners.contract_cluster import Bed, ClusterContract


class TestKubernetesCluster(ClusterContract):
    @pytest.fixture
    def bed(self, bed: KubernetesBed) -> Bed:
        return bed
