"""How often the building fails the servers: block diagrams in closed form, outages by simulation, rules of tiers."""
