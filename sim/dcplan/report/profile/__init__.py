"""How a measurement is shown: page, console, comparison."""
