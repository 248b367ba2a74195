"""All workloads, by name."""

from __future__ import annotations

from dcplan.errors import InputError
from dcplan.profiling.workloads.autoencoder import CONV_AUTOENCODER
from dcplan.profiling.workloads.bert import BERT_BASE
from dcplan.profiling.workloads.cnn import CNN_CIFAR10
from dcplan.profiling.workloads.dlrm import DLRM
from dcplan.profiling.workloads.gpt import GPT_SMALL
from dcplan.profiling.workloads.resnet import RESNET50
from dcplan.profiling.workloads.unet import UNET
from dcplan.profiling.workloads.workload import Workload

WORKLOADS = {
    workload.name: workload for workload in (CNN_CIFAR10, RESNET50, BERT_BASE, GPT_SMALL, DLRM, UNET, CONV_AUTOENCODER)
}


def find_workload(name: str) -> Workload:
    """The workload called *name*; an InputError that lists the known ones if there is none."""
    if name not in WORKLOADS:
        raise InputError(f"there is no workload '{name}' to measure", f"known are {', '.join(sorted(WORKLOADS))}")
    return WORKLOADS[name]
