"""What is asked for: request arrivals and job submissions, from named random streams."""
