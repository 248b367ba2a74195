"""What happened: tidy tables whose columns are declared once, and the folder of a run."""
