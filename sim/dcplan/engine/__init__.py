"""What happens when: SimPy processes that hand values between the pure packages at events in simulated time."""
