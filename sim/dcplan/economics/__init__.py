"""What it costs: the electricity bill, capital by the year, water and carbon."""
