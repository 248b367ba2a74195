"""What it means: tables to numbers with units and confidence intervals."""
