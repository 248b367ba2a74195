"""How we know: oracles from queueing theory and SimPy, published numbers, and the real host."""
