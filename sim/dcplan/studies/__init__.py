"""What if: many runs of one scenario, in parallel, with the same answer however many workers share them."""
