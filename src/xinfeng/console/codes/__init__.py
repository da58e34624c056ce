"""What carriers' codes mean, which came lately, what operators say about them; receipts that are unusual."""
