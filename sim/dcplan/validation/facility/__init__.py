"""Whether the building is right: published numbers of real sites and tables, against ours."""
