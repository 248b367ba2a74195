"""How we know that the building is right: published numbers, and the same machine in other programs."""
