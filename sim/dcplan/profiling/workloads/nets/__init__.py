"""The architectures themselves, written in torch; a workload imports its own when it is built, not before."""
