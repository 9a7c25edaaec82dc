"""A channel layer that tenants share, or that cannot work, is reported with a hint."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from tenancy.checks.channels import check_channels, check_deployed_channels

DOOR = "tenancy.boundaries.channels.TenantChannelLayer"
MEMORY = "channels.layers.InMemoryChannelLayer"
REDIS = "channels_redis.core.RedisChannelLayer"


def around(inner: str) -> dict[str, Any]:
    return {"BACKEND": DOOR, "CONFIG": {"inner": {"BACKEND": inner}}}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"BACKEND": REDIS}, ["E080"]),
        ({"BACKEND": "no.such"}, ["E080"]),
        ({"BACKEND": DOOR}, ["E081"]),
        (around(DOOR), ["E081"]),
        (around("no.such"), ["E081"]),
        (around(MEMORY), ["E082"]),
        (around(REDIS), []),
    ],
)
def test_layer_is_reported_under_its_id(layer: dict[str, Any], expected: list[str]) -> None:
    with override_settings(CHANNEL_LAYERS={"default": layer}):
        found = [*check_channels(None), *check_deployed_channels(None)]

    assert [f"{m.id}".removeprefix("tenancy.") for m in found] == expected
    assert all(message.hint for message in found)
