"""How fast dcplan is: each result beside a reference that did the same work in the same run."""
