"""How training jobs run: how much work a job is, and who starts next."""
