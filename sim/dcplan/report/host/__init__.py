"""How a verification of this host is shown: page, console, Markdown."""
