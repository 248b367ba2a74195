"""How it is shown: one self-contained HTML page and the console; never simulates."""
