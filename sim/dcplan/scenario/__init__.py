"""What to simulate: frozen specs, units parsed, every problem reported with its file and line."""
