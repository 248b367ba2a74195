"""How we know that the money, the energy on site and the availability are right."""
