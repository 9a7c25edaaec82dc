"""What only tests may import."""
