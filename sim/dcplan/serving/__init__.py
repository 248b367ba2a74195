"""How requests are served: routing, queues, batching and replicas, as compiled kernels."""
