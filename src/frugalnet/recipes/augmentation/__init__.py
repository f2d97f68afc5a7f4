"""Random changes of training images, one file for each."""
