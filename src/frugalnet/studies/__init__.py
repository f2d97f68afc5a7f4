"""A room per study: its run sheet, its own tables, and what it finds; only paths of the catalogue lead here."""
