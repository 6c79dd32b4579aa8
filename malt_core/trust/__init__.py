"""When an attack's figures are not to be trusted, why, and what to do instead."""
