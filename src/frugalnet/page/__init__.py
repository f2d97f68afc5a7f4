"""What is written on the page of a study."""
