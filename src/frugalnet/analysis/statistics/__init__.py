"""Methods compared over seeds: the table `statistics`, and each named test and interval in a file of its own."""
