"""What is generated, stored and shed on site: sun, wind, batteries, and how they are dispatched."""
