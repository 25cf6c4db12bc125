"""What one manager has applied is taken out of an object exactly, and nothing of anybody else."""

import pytest

from pipeline.errors import NeedsHuman
from runners.clusters.kubernetes.applied import applied

FIELDS = {
    "f:metadata": {"f:annotations": {"f:sluice.dev/content": {}}, "f:labels": {".": {}, "f:sluice.dev/slot": {}}},
    "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:containers": {
                    'k:{"name":"app"}': {
                        ".": {},
                        "f:name": {},
                        "f:image": {},
                        "f:args": {},
                        "f:env": {'k:{"name":"PORT"}': {".": {}, "f:name": {}, "f:value": {}}},
                        "f:ports": {'k:{"containerPort":8080,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                        "f:resources": {},
                    }
                }
            }
        },
    },
}
APP = {
    "name": "app",
    "image": "shop@sha256:1",
    "args": ["--fast"],
    "env": [{"name": "PORT", "value": "8080"}, {"name": "THEIRS", "value": "1"}],
    "ports": [{"containerPort": 8080, "protocol": "TCP"}],
    "resources": {"limits": {"cpu": "1"}},
    "imagePullPolicy": "IfNotPresent",
}
FOUND = {
    "metadata": {
        "name": "shop-a",
        "namespace": "shop",
        "uid": "7",
        "resourceVersion": "42",
        "labels": {"sluice.dev/slot": "a", "team": "legacy"},
        "annotations": {"sluice.dev/content": "{}", "deployment.kubernetes.io/revision": "3"},
        "managedFields": [
            {"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {}}},
            {"manager": "sluice", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}},
            {"manager": "sluice", "operation": "Apply", "fieldsV1": FIELDS},
        ],
    },
    "spec": {
        "replicas": 2,
        "paused": False,
        "selector": {"matchLabels": {"sluice.dev/slot": "a"}},
        "template": {"spec": {"containers": [APP, {"name": "sidecar", "image": "theirs"}], "restartPolicy": "Always"}},
    },
    "status": {"replicas": 2},
}


def test_only_what_the_manager_owns_is_taken():
    assert applied(FOUND, "sluice") == {
        "metadata": {
            "name": "shop-a",
            "resourceVersion": "42",
            "labels": {"sluice.dev/slot": "a"},
            "annotations": {"sluice.dev/content": "{}"},
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"sluice.dev/slot": "a"}},
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "image": "shop@sha256:1",
                            "args": ["--fast"],
                            "env": [{"name": "PORT", "value": "8080"}],
                            "ports": [{"containerPort": 8080}],
                            "resources": {"limits": {"cpu": "1"}},
                        }
                    ]
                }
            },
        },
    }


def test_an_object_that_the_manager_never_applied_is_for_a_person():
    with pytest.raises(NeedsHuman, match="shop-a was not applied by guard"):
        applied(FOUND, "guard")
