"""What hardware does: measured and published tables as curves, each with its source."""
