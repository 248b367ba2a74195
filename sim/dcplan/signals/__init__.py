"""What the world does: weather, and the calendar that tariffs and schedules follow."""
