"""Several batches at once on one device, of one model or of several."""

from __future__ import annotations

from dcplan.scenario.base import Count, Spec


class Sharing(Spec):
    """How a device is shared: each class has its own queue, `limit` and batches; n that run get an nth of it each."""

    instances: Count
    """Batches of each class that may run on a device at a time, whatever the others do; a class may say another."""
