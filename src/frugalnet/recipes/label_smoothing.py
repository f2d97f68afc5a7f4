"""Labels of which a share is spread over all classes."""
