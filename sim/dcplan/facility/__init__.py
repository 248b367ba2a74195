"""What the building does: power chain and cooling plant, as pure functions."""
