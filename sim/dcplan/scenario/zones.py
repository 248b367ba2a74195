"""Zones: availability zones or sites, from each of which some requests come, and in which some replicas are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcplan.scenario.base import Count, Spec


class Zone(Spec):
    """Requests come from here, and go to the replicas here as long as these can take them."""

    replicas: Count
    """Replicas in this zone; those of all zones are the endpoint's `replicas`."""
    share: Annotated[float, Field(gt=0, le=1e9)]
    """How many of the requests come from here, relative to the other zones."""
