"""How figures are drawn: what they share."""
