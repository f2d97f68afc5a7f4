"""Several devices that share each batch."""
