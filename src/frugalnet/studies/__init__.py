"""Run sheets: one file per study, a pure function from the configuration to the list of its runs."""
