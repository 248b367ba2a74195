"""Measure what lies beside the models: arithmetic, memory, input pipeline, storage, network, encryption."""
