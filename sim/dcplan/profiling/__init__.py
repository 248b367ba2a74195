"""Measure this machine: real torch workloads, timed; writes into profiles/compute/."""
